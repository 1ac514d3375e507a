"""`callweave numbers check` against a carrier on a port."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from callweave.simulator import rest
from callweave.simulator.line import NumberConfig
from callweave.storage.database import Database
from callweave.workflows.buy_numbers import mark
from databases import Databases, SqliteDatabases
from numbers_stage import ALL, FIRST, OLD, OURS, SECOND, STRANGER, Desk, desk

LOST = "+442079460950"


@pytest.fixture
def databases(sqlite: SqliteDatabases) -> Databases:
    return sqlite


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Desk]:
    with desk(database, database_url) as found:
        yield found


def test_all_is_well_where_every_number_is_as_configure_sets_it(here: Desk) -> None:
    said = here.run("check")
    assert said.exit_code == 0, said.output
    assert "4 of 4 numbers are as they should be." in said.output
    assert f"{STRANGER} is at the carrier, and neither known here nor rings here" in said.output


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (replace(OURS, voice_url=OLD.voice_url), "rings: https://old.example/ring, not https://c"),
        (replace(OURS, voice_fallback_url=None), "when that fails: (nothing), not https://c"),
        (replace(OURS, voice_fallback_url="https://old.example"), "when that fails: https://old"),
        (replace(OURS, status_callback=None), "tells the end: (nothing), not https://calls"),
        (replace(OURS, voice_url=OURS.voice_url.split("#")[0]), "rings: https://calls"),
    ],
)
def test_what_a_number_is_set_to_wrongly_is_told(
    here: Desk, config: NumberConfig, told: str
) -> None:
    here.running.carrier.configure(FIRST, config)
    said = here.run("check")
    assert said.exit_code == 1
    assert f"{FIRST}  {told}" in said.output
    assert "`callweave numbers configure` mends" in said.output
    assert "3 of 4 numbers" in said.output


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"voice_method": "GET"}, f"{FIRST}  asked by: GET, not POST"),
        ({"trunk_sid": "TK1"}, f"{FIRST} is handled by TK1"),
    ],
)
def test_what_overrides_a_number_is_told(
    here: Desk, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], told: str
) -> None:
    usual: Any = rest._Rest._resource
    monkeypatch.setattr(rest._Rest, "_resource", lambda *given: {**usual(*given), **changed})
    said = here.run("check")
    assert said.exit_code == 1
    assert told in said.output


def test_a_number_that_the_carrier_does_not_have_is_told(here: Desk) -> None:
    here.running.carrier.release(SECOND)
    said = here.run("check")
    assert said.exit_code == 1
    assert f"{SECOND} is not at the carrier" in said.output


def test_configure_mends_what_check_finds_with_either_fallback(here: Desk) -> None:
    for fallback in ("carrier", "ours"):
        here.running.carrier.configure(FIRST, OLD)
        assert here.run("check").exit_code == 1
        assert here.run("configure", "--fallback", fallback).exit_code == 0
        assert here.run("check").exit_code == 0


def test_a_number_that_rings_here_and_is_in_no_pool_is_trouble_until_it_is_adopted(
    here: Desk,
) -> None:
    here.running.carrier.configure(LOST, OURS)
    said = here.run("check")
    assert said.exit_code == 1
    assert f"{LOST} rings here, or was bought for here, and is in no pool" in said.output
    adopted = here.run("check", "--adopt", "--pool", "main")
    assert adopted.exit_code == 0, adopted.output
    assert here.roles()[LOST] == "pooled"
    assert STRANGER not in here.roles()
    assert here.run("check").exit_code == 0


def test_one_that_was_bought_for_a_pool_needs_no_name_of_it(here: Desk) -> None:
    here.running.carrier.configure(LOST, replace(OLD, name=mark(here.pool().id)))
    assert f"{LOST} is in pool main now." in here.run("check", "--adopt").output


def test_a_released_number_that_is_still_paid_for_is_trouble(here: Desk) -> None:
    here.run("release", FIRST, "--yes")
    here.running.carrier.configure(FIRST, OURS)
    said = here.run("check", "--adopt")
    assert said.exit_code == 1
    assert f"{FIRST} was released here and is still at the carrier" in said.output
    assert here.roles()[FIRST] == "retired"


def test_it_is_told_to_machines(here: Desk) -> None:
    here.running.carrier.configure(FIRST, OLD)
    here.running.carrier.configure(LOST, replace(OURS, name=mark(here.pool().id)))
    said = here.run("check", "--json")
    assert said.exit_code == 1
    data = json.loads(said.output)
    assert [len(each["trouble"]) for each in data["numbers"] if each["number"] == FIRST] == [3]
    assert sum(bool(each["trouble"]) for each in data["numbers"]) == 1
    assert data["in_no_pool"] == [
        {"number": STRANGER, "kind": "foreign", "pool": None},
        {"number": LOST, "kind": "ours", "pool": "main"},
    ]
    assert data["adopted"] == {}


def test_one_site_is_checked_alone(here: Desk) -> None:
    here.running.carrier.configure(LOST, OURS)
    said = here.run("check", "--site", "Farshore Holidays")
    assert said.exit_code == 0
    assert LOST not in said.output
    assert here.run("check", "--site", "Elsewhere").exit_code == 1


def test_a_carrier_that_is_away_is_told_in_words(here: Desk) -> None:
    here.running.troubles.next_answers.append(403)
    said = here.run("check")
    assert said.exit_code == 1
    assert "the carrier answered 403" in said.output
    assert len(ALL) == 4
