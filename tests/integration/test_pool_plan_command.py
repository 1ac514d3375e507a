"""callweave numbers plan and callweave report pools, as they are typed."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from callweave.cli import main
from callweave.domain.ids import Mint
from callweave.storage.database import Database
from callweave.storage.numbers import Number, Pool
from callweave.workflows.set_up_site import add_numbers
from pool_traffic import held_back, lent, weeks_of_visits
from shops import counting_mint, open_shop, shop


@dataclass(frozen=True)
class Shell:
    url: str
    database: Database
    mint: Mint

    def run(self, *words: str) -> Result:
        return CliRunner(env={"DATABASE_URL": self.url, "COLUMNS": "200"}).invoke(main, words)

    def visited(self, days: int, times: float = 1) -> None:
        with self.database.writing() as session:
            pool = session.scalars(select(Pool.id)).one()
            starts = weeks_of_visits(datetime.now(UTC), days, times)
            lent(session, self.mint, pool, starts, [1800.0])


@pytest.fixture
def shell(database_url: str) -> Iterator[Shell]:
    database, mint = Database(database_url), counting_mint()
    open_shop(database, shop(6), mint)
    yield Shell(database_url, database, mint)
    database.close()


def typed(*words: str) -> Result:
    return CliRunner(env={"DATABASE_URL": "sqlite:////nowhere", "COLUMNS": "200"}).invoke(
        main, ["numbers", "plan", *words]
    )


def words(output: str) -> str:
    """Lines break where the terminal ends, and each has its own."""
    return " ".join(output.split())


def test_figures_that_are_typed_in_need_no_database() -> None:
    answer = typed("--visits-per-hour", "100", "--held", "30m", "--price", "1.15")
    assert answer.exit_code == 0, answer.output
    told = words(answer.output)
    assert "64 numbers, $73.60 a month, so that 99 % of visitors get their own." in told
    assert "shown to somebody else after about 38 minutes. Whoever calls later" in told
    assert "  56                95.4 %    $64.40" in answer.output


def test_the_share_is_told_as_it_was_asked_for() -> None:
    output = words(typed("--visits-per-hour", "5", "--share", "99.99").output)
    assert "so that 99.99 % of visitors get their own." in output


def test_a_sudden_rush_takes_more_than_the_formula_says_and_that_is_told() -> None:
    rush = ",".join(["1"] * 8 + ["80"] + ["1"] * 15)
    output = words(typed("--visits-per-hour", rush, "--share", "90").output)
    assert "Erlang's formula alone says" in output
    assert "when a rush begins" in output


def test_a_steady_load_takes_what_the_formula_says() -> None:
    data = json.loads(typed("--visits-per-hour", "5", "--json").output)
    assert data["numbers"] == data["numbers_by_formula"] == 7
    assert (data["held_s"], data["site"], data["cost"]) == (1800, None, None)


def test_a_site_is_planned_from_its_own_visits(shell: Shell) -> None:
    shell.visited(28)
    answer = shell.run("numbers", "plan", "--price", "1")
    assert answer.exit_code == 0, answer.output
    assert "Pool main of Farshore Holidays: 1" in words(answer.output)
    assert "Today: 6 numbers for £6.00 a month; really 8" in words(answer.output)
    assert "each holding a number for 30 minutes on average" in words(answer.output)
    assert "little data" not in words(answer.output)


def test_what_really_happened_is_told_with_the_size_that_the_pool_had_then(shell: Shell) -> None:
    shell.visited(28)
    with shell.database.writing() as session:
        pool, more = session.scalars(select(Pool)).one(), [f"+4420794602{n:02}" for n in range(40)]
        add_numbers(session, shell.mint, pool, more, datetime.now(UTC))
    told = words(shell.run("numbers", "plan").output)
    assert "got their own with 6 numbers, by the model 100 % with 46." in told
    assert "had 6 numbers for most of this time: what really happened is not comparable" in told
    data = json.loads(shell.run("numbers", "plan", "--json").output)
    assert (data["today"]["numbers"], data["today"]["numbers_most_of_the_time"]) == (46, 6)


def test_the_answer_for_machines_has_what_the_words_say(shell: Shell) -> None:
    shell.visited(5)
    data = json.loads(shell.run("numbers", "plan", "--pool", "main", "--json").output)
    today = data["today"]
    assert today["exclusive"] + today["shared"] == today["visits"] > 200
    assert today["share"] == pytest.approx(today["exclusive"] / today["visits"], abs=1e-6)
    assert len(data["visits_per_hour"]) == 24
    assert "little data" in data["stands_on"]["reservations"][0]
    assert data["numbers"] in [row["numbers"] for row in data["curve"]]


def test_who_was_held_back_is_told_to_machines_as_well(shell: Shell) -> None:
    shell.visited(5)
    with shell.database.writing() as session:
        robots = [datetime.now(UTC) - timedelta(minutes=nth) for nth in range(1, 8)]
        held_back(session, shell.mint, session.scalars(select(Pool.id)).one(), robots)
    today = json.loads(shell.run("numbers", "plan", "--json").output)["today"]
    row = json.loads(shell.run("report", "pools", "--json").output)["rows"][0]
    assert (today["held_back"], row["held_back"]) == (7, 7)
    assert today["exclusive"] + today["shared"] == today["visits"] == row["visits"]


def test_a_shorter_lease_can_be_tried_out_on_the_sites_own_visits(shell: Shell) -> None:
    shell.visited(8)
    as_is = json.loads(shell.run("numbers", "plan", "--json").output)
    shorter = json.loads(shell.run("numbers", "plan", "--json", "--held", "10m").output)
    assert shorter["numbers"] < as_is["numbers"]


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ((), "30 minutes, which is only assumed"),
        (("--held", "30m"), "30 minutes, as it was typed in"),
        (("--held", "30 min"), "30 minutes, as it was typed in"),
        (("--held", "90s"), "90 seconds, as it was typed in"),
        (("--held", "0.5h"), "30 minutes, as it was typed in"),
    ],
)
def test_the_answer_says_for_how_long_numbers_are_held(held: tuple[str, ...], told: str) -> None:
    output = words(typed("--visits-per-hour", "100", *held).output)
    assert f"Reckoned with: a number is held for {told}" in output


def test_the_answer_says_whether_the_site_itself_tells_how_long(shell: Shell) -> None:
    shell.visited(8)
    own, tried = (
        words(shell.run("numbers", "plan", *held).output) for held in ((), ("--held", "600s"))
    )
    assert "a number is held for 30 minutes, on average of the site's own visits." in own
    assert "a number is held for 10 minutes, as it was typed in." in tried


def test_a_pool_that_only_shared_its_number_has_its_lease_time_assumed(shell: Shell) -> None:
    with shell.database.writing() as session:
        session.execute(update(Number).where(Number.role == "pooled").values(role="retired"))
    shell.visited(8)
    told = words(shell.run("numbers", "plan").output)
    assert "30 minutes, the pool's lease time: no visit of the four weeks had a number" in told
    assert "so that the lease time of the pool is assumed: 30 minutes" in told


def test_a_pool_that_lent_nothing_is_told_apart(shell: Shell) -> None:
    answer = shell.run("numbers", "plan")
    assert answer.exit_code == 1
    assert "type in what you expect with --visits-per-hour" in words(answer.output)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--visits-per-hour", "1,2"), "1, 24 or 168 numbers"),
        (("--visits-per-hour", "many"), "1, 24 or 168 numbers"),
        (("--visits-per-hour", "nan"), "0 to 20,000 an hour"),
        (("--visits-per-hour", "-1"), "0 to 20,000 an hour"),
        (("--visits-per-hour", "30000"), "0 to 20,000 an hour"),
        (("--visits-per-hour", "0"), "at least one hour has visits"),
        (("--visits-per-hour", "20000", "--held", "6h"), "some 120,000 numbers at once"),
        (("--visits-per-hour", "1", "--held", "30d"), "such as 30m"),
        (("--visits-per-hour", "1", "--held", "0m"), "for some time"),
        (("--visits-per-hour", "1", "--held", "30"), "30s for seconds, 30min for minutes, 30h for"),
        (("--visits-per-hour", "1", "--held", "200h"), "at most a week"),
        (("--visits-per-hour", "1", "--site", "x"), "not both"),
        (("--visits-per-hour", "1", "--share", "100"), "1<=x<=99.99"),
        (("--visits-per-hour", "1", "--price", "1,15"), "is not an amount in USD"),
        (("--visits-per-hour", "1", "--price", "1", "--currency", "xx"), "ISO 4217"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(words: tuple[str, ...], message: str) -> None:
    answer = typed(*words)
    assert answer.exit_code == 2
    assert message in answer.output


def test_a_site_or_pool_that_is_not_there_is_refused(shell: Shell) -> None:
    shell.visited(2)
    for words in (("--site", "Nowhere"), ("--pool", "side")):
        answer = shell.run("numbers", "plan", *words)
        assert answer.exit_code == 1
        assert f"there is no {words[0][2:]} {words[1]!r}" in answer.output


def test_the_report_of_pools_comes_in_three_shapes(shell: Shell) -> None:
    shell.visited(2)
    assert "main" in shell.run("report", "pools").output
    told = shell.run("report", "pools", "--format", "csv").output
    row = next(csv.DictReader(io.StringIO(told)))
    data = json.loads(shell.run("report", "pools", "--json").output)["rows"][0]
    assert {name: str(data[name]) for name in ("site", "pool", "numbers", "visits")} == {
        name: row[name] for name in ("site", "pool", "numbers", "visits")
    }
    assert float(row["share"]) == data["share"]
