"""`callweave numbers configure` against a carrier on a port."""

from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from callweave.cli import main
from callweave.simulator import rest
from callweave.simulator.line import NumberConfig
from callweave.storage.database import Database
from carrier_rest import Exchange, exchange
from databases import Databases, SqliteDatabases
from service import ACCOUNT, TOKEN
from shops import FRONT_DESK, OVERFLOW, open_shop, tracked

BASE, LIMITS = "https://calls.example.com/voice", "#ct=2000&rt=5000&rc=1&rp=all"
OURS = NumberConfig(f"{BASE}/ring{LIMITS}", f"{BASE}/fallback{LIMITS}", f"{BASE}/status{LIMITS}")
OLD, STRANGER = NumberConfig("https://old.example/ring"), "+12025550100"
FIRST, SECOND, THIRD = tracked(3)
ALL = (*tracked(3), OVERFLOW)


@pytest.fixture
def databases(sqlite: SqliteDatabases) -> Databases:
    return sqlite


@pytest.fixture
def running(database: Database) -> Iterator[Exchange]:
    open_shop(database)
    with exchange(dict.fromkeys((*ALL, STRANGER), OLD)) as found:
        yield found


@pytest.fixture
def configure(database_url: str, running: Exchange) -> Any:
    environ = {
        "PUBLIC_BASE_URL": "https://calls.example.com",
        "SECRET_KEY": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_API_BASE": running.url,
        "CALLWEAVE_DEFAULT_DESTINATION": "+442079460123",
        "DATABASE_URL": database_url,
    }

    def run(*words: str, **changed: str) -> Result:
        return CliRunner(env=environ | changed).invoke(main, ["numbers", "configure", *words])

    return run


def test_every_number_of_ours_is_pointed_here_and_no_other(
    running: Exchange, configure: Any
) -> None:
    said = configure()
    assert said.exit_code == 0, said.output
    assert [running.carrier.config_of(number) for number in ALL] == [OURS] * 4
    assert running.carrier.config_of(STRANGER) == OLD
    assert f"{STRANGER} is at the carrier and in no pool of ours: left as it is." in said.output
    assert "4 set." in said.output


def test_what_changes_is_shown_before_and_after(configure: Any) -> None:
    shown = configure(FIRST).output.splitlines()
    assert f"{FIRST}  rings: https://old.example/ring -> {BASE}/ring{LIMITS}" in shown
    assert f"{FIRST}  tells the end: (nothing) -> {BASE}/status{LIMITS}" in shown


def test_a_dry_run_shows_the_same_and_changes_nothing(running: Exchange, configure: Any) -> None:
    said = configure("--dry-run", "--fallback", "carrier")
    assert said.exit_code == 0
    assert f"{BASE}/ring{LIMITS}" in said.output
    assert f"(a new flow at the carrier, which rings {FRONT_DESK})" in said.output
    assert {running.carrier.config_of(number) for number in ALL} == {OLD}
    assert "set." not in said.output


def test_it_is_safe_to_repeat(running: Exchange, configure: Any) -> None:
    configure()
    again = configure()
    assert again.exit_code == 0
    assert again.output.count("as it should be") == 4
    assert "0 set." in again.output


def test_only_the_numbers_named_are_set(running: Exchange, configure: Any) -> None:
    configure(SECOND)
    assert [running.carrier.config_of(each) == OURS for each in ALL] == [False, True, False, False]


def test_only_the_numbers_of_a_site_are_set(running: Exchange, configure: Any) -> None:
    assert configure("--site", "Farshore Holidays").exit_code == 0
    assert running.carrier.config_of(FIRST) == OURS
    assert configure("--site", "Elsewhere").exit_code == 1


def test_a_number_that_is_not_ours_is_told_and_the_others_are_set(
    running: Exchange, configure: Any
) -> None:
    said = configure(STRANGER, FIRST)
    assert said.exit_code == 1
    assert f"{STRANGER} is none of our numbers" in said.output
    assert running.carrier.config_of(STRANGER) == OLD
    assert running.carrier.config_of(FIRST) == OURS


def test_a_number_that_is_not_at_the_carrier_is_told_and_the_others_are_set(
    running: Exchange, configure: Any
) -> None:
    del running.carrier._numbers[SECOND]
    said = configure()
    assert said.exit_code == 1
    assert f"{SECOND} is not at the carrier" in said.output
    assert running.carrier.config_of(THIRD) == OURS


def test_a_number_that_something_else_handles_is_left_as_it_is(
    running: Exchange, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = rest._Rest._resource
    taken = {"voice_application_sid": "AP1"}
    monkeypatch.setattr(rest._Rest, "_resource", lambda *given: {**usual(*given), **taken})
    said = configure(FIRST)
    assert said.exit_code == 1
    assert f"{FIRST} is handled by AP1 at the carrier: take it off there first" in said.output
    assert running.carrier.config_of(FIRST) == OLD


def test_one_number_that_cannot_be_set_keeps_none_from_being_set(
    running: Exchange, configure: Any
) -> None:
    running.troubles.next_answers.extend([None, 500])
    said = configure()
    assert said.exit_code == 1
    assert f"{OVERFLOW} could not be set: the carrier answered 500" in said.output
    assert [running.carrier.config_of(each) == OURS for each in ALL] == [True, True, True, False]


def test_a_carrier_that_refuses_is_told_in_words(configure: Any) -> None:
    said = configure(TWILIO_AUTH_TOKEN="f" * 32)
    assert said.exit_code == 1
    assert "does not accept TWILIO_ACCOUNT_SID" in said.output


def test_the_carrier_hosts_one_last_resort_for_a_destination(
    running: Exchange, configure: Any
) -> None:
    assert configure("--fallback", "carrier").exit_code == 0
    configs = {running.carrier.config_of(number) for number in ALL}
    (config,) = configs
    assert config.voice_fallback_url
    assert config.voice_fallback_url.startswith(f"{running.url}/v1/Accounts/{ACCOUNT}/Flows/FW")
    assert (config.voice_url, config.status_callback) == (OURS.voice_url, OURS.status_callback)
    again = configure("--fallback", "carrier")
    assert again.output.count("as it should be") == 4


def test_our_own_fallback_can_be_taken_back(running: Exchange, configure: Any) -> None:
    configure("--fallback", "carrier")
    configure("--fallback", "ours")
    assert {running.carrier.config_of(number) for number in ALL} == {OURS}
