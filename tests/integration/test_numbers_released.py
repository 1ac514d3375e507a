"""`callweave numbers release` and `list`, and what comes back, against a carrier on a port."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from callweave.cli import numbers_release
from callweave.storage.database import Database
from callweave.storage.numbers import Lease, Number
from callweave.storage.reports.standing import Standing
from callweave.workflows.release_numbers import retire
from numbers_stage import ALL, FIRST, OURS, SECOND, STRANGER, THIRD, Desk, desk
from shops import OVERFLOW


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Desk]:
    with desk(database, database_url) as found:
        yield found


def ago(**by: float) -> datetime:
    return datetime.now(UTC) - timedelta(**by)


def test_nothing_is_released_without_yes(here: Desk) -> None:
    said = here.run("release", FIRST)
    assert said.exit_code == 0, said.output
    assert f"{FIRST} would be released from pool main of Farshore Holidays." in said.output
    assert "1 would be released. Nothing was done: --yes does it." in said.output
    assert FIRST in here.at_carrier()
    assert here.roles()[FIRST] == "pooled"


def test_what_is_released_is_given_back_and_its_row_stays(here: Desk) -> None:
    here.lend(FIRST, ago(days=60), ago(days=59))
    said = here.run("release", "+44 20 7946 0101", "--yes")
    assert said.exit_code == 0, said.output
    assert here.at_carrier() == {*ALL, STRANGER} - {FIRST}
    with here.database.reading() as session:
        number = session.scalars(select(Number).where(Number.e164 == FIRST)).one()
        (lease,) = session.scalars(select(Lease))
    assert (number.role, number.visit_id, lease.number_id) == ("retired", None, number.id)


def test_it_is_safe_to_repeat(here: Desk) -> None:
    here.run("release", FIRST, "--yes")
    again = here.run("release", FIRST, "--yes")
    assert again.exit_code == 0
    assert f"{FIRST} was released before." in again.output


def test_one_that_was_stuck_half_way_is_given_back_by_a_repeat(here: Desk) -> None:
    here.running.troubles.next_answers.extend([None, 503])
    said = here.run("release", FIRST, "--yes")
    assert said.exit_code == 1
    assert f"{FIRST} is in no pool, but still at the carrier: repeat" in said.output
    assert here.roles()[FIRST] == "retired"
    assert here.run("release", FIRST, "--yes").exit_code == 0
    assert FIRST not in here.at_carrier()


@pytest.mark.parametrize(
    ("since", "until", "told"),
    [(1, -1, "is lent until"), (30, 29.9, "was on a page until"), (80, 31, None)],
)
def test_a_number_that_somebody_may_still_ring_is_kept(
    here: Desk, since: float, until: float, told: str | None
) -> None:
    here.lend(FIRST, ago(days=100), ago(days=99))
    here.lend(FIRST, ago(days=since), ago(days=until))
    said = here.run("release", FIRST, SECOND, "--yes")
    assert said.exit_code == (1 if told else 0), said.output
    assert (told or "released") in said.output
    assert (FIRST in here.at_carrier()) == bool(told)
    assert SECOND not in here.at_carrier()


def test_a_number_that_rang_of_late_is_kept(here: Desk) -> None:
    here.ring(FIRST, ago(days=2))
    here.ring(SECOND, ago(days=31))
    said = here.run("release", FIRST, SECOND, "--yes")
    assert f"{FIRST} was rung on" in said.output
    assert here.at_carrier() == {*ALL, STRANGER} - {SECOND}


def test_what_everybody_sees_is_kept(here: Desk) -> None:
    said = here.run("release", OVERFLOW, "--yes")
    assert f"{OVERFLOW} is shown to everybody, or in print: kept" in said.output
    assert OVERFLOW in here.at_carrier()


def test_a_number_that_is_lent_while_it_is_released_is_kept(here: Desk) -> None:
    here.lend(FIRST, ago(hours=1), ago(hours=-1))
    with here.database.writing() as session:
        number = session.scalars(select(Number.id).where(Number.e164 == FIRST)).one()
        assert not retire(session, number, ago(), lent_too=False)
        assert retire(session, number, ago(hours=-2), lent_too=False)


def test_a_number_that_is_lent_between_look_and_release_is_told(
    here: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_and_lend(_number: Standing, now: datetime) -> None:
        here.lend(FIRST, now, ago(hours=-1))

    monkeypatch.setattr(numbers_release, "why_keep", look_and_lend)
    said = here.run("release", FIRST, "--yes")
    assert said.exit_code == 1
    assert f"{FIRST} was lent just now: kept" in said.output
    assert FIRST in here.at_carrier()


def test_force_releases_it_all_the_same(here: Desk) -> None:
    here.lend(FIRST, ago(hours=1), ago(hours=-1))
    said = here.run("release", FIRST, OVERFLOW, "--force", "--yes")
    assert said.exit_code == 0, said.output
    assert {here.roles()[FIRST], here.roles()[OVERFLOW]} == {"retired"}
    assert here.at_carrier() == {SECOND, THIRD, STRANGER}


def test_a_pool_is_rid_of_what_nobody_uses(here: Desk) -> None:
    here.aged(ago(days=90))
    here.lend(FIRST, ago(days=10), ago(days=10))
    here.lend(SECOND, ago(days=50), ago(days=50))
    said = here.run("release", "--pool", "main", "--unused-for", "40d", "--yes")
    assert said.exit_code == 0, said.output
    assert here.at_carrier() == {FIRST, OVERFLOW, STRANGER}


def test_a_new_number_is_not_unused(here: Desk) -> None:
    here.aged(ago(days=3))
    said = here.run("release", "--pool", "main", "--unused-for", "30d")
    assert "0 would be released." in said.output


def test_a_number_that_came_back_is_new_again(here: Desk) -> None:
    here.aged(ago(days=90))
    here.run("release", FIRST, "--yes")
    here.running.carrier.configure(FIRST, OURS)
    here.run("buy", FIRST, "--yes")
    said = here.run("release", "--pool", "main", "--unused-for", "30d")
    assert "2 would be released." in said.output
    assert FIRST not in said.output


def test_a_number_that_is_not_ours_is_told(here: Desk) -> None:
    said = here.run("release", STRANGER, "--yes")
    assert said.exit_code == 1
    assert f"{STRANGER} is none of our numbers" in said.output
    assert STRANGER in here.at_carrier()


@pytest.mark.parametrize("words", [[], [FIRST, "--pool", "main"], ["--pool", "main"]])
def test_what_to_release_is_said_in_one_way(here: Desk, words: list[str]) -> None:
    assert here.run("release", *words).exit_code == 2


def test_a_released_number_comes_back_only_when_that_is_said(here: Desk, tmp_path: Path) -> None:
    file = tmp_path / "numbers.csv"
    file.write_text(f"number\n{FIRST}\n{SECOND}\n", "utf-8")
    here.run("release", FIRST, "--yes")
    refused = here.run("import", str(file))
    assert refused.exit_code == 1
    assert f"{FIRST} was released: take it off the list" in refused.output
    assert "1 added, 1 were there already." in here.run("import", str(file), "--again").output
    assert here.roles()[FIRST] == "pooled"


def test_a_released_number_that_is_bought_again_is_back(here: Desk) -> None:
    here.running.carrier.configure("+442079460950", OURS)
    here.run("check", "--adopt", "--pool", "main")
    here.run("release", "+442079460950", "--yes")
    assert here.run("buy", "+442079460950", "--yes").exit_code == 0
    assert here.roles()["+442079460950"] == "pooled"


def test_a_released_number_is_not_set_up_any_more(here: Desk) -> None:
    here.run("release", FIRST, "--yes")
    said = here.run("configure")
    assert said.exit_code == 0, said.output
    assert FIRST not in said.output


def test_the_list_tells_where_numbers_stand(here: Desk) -> None:
    here.lend(FIRST, ago(hours=1), ago(hours=-1))
    here.lend(SECOND, ago(days=40), ago(days=40))
    here.ring(THIRD, datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
    here.run("release", THIRD, "--yes")
    data = {each["number"]: each for each in json.loads(here.run("list", "--json").output)}
    states = [data[number]["state"] for number in (FIRST, SECOND, THIRD, OVERFLOW)]
    assert states == ["lent", "free", "released", "shared"]
    assert data[THIRD]["last_rung"] == "2026-01-02T03:04:00+00:00"
    assert data[SECOND]["last_rung"] is None
    assert (data[FIRST]["site"], data[FIRST]["pool"]) == ("Farshore Holidays", "main")
    assert "2026-01-02 03:04" in here.run("list", "--pool", "main").output
    assert here.run("list", "--pool", "other").exit_code == 1
