"""What the carrier signed and nobody understood: looked at, and taken in once it is understood."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner, Result

from api_stage import PUBLIC
from callweave.cli import main
from callweave.simulator.forms import call_form
from callweave.storage.database import Database
from callweave.storage.set_aside import SetAside
from service import ACCOUNT, TOKEN, Line, Service, service
from shops import FRONT_DESK, shop

ENVIRONMENT = {
    "PUBLIC_BASE_URL": PUBLIC,
    "SECRET_KEY": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "CALLWEAVE_DEFAULT_DESTINATION": FRONT_DESK,
}


@dataclass(frozen=True, slots=True)
class Shell:
    url: str

    def run(self, *words: str) -> Result:
        runner = CliRunner(env={**ENVIRONMENT, "DATABASE_URL": self.url})
        return runner.invoke(main, ["inbox", *words])

    def listed(self, *words: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("list", *words, "--json").output)
        return found


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    with service(database, database_url, shop(2)) as here:
        yield here


@pytest.fixture
def shell(database_url: str) -> Shell:
    return Shell(database_url)


def not_understood(here: Service) -> Line:
    """The call has ended in a way that the carrier has never documented."""
    line = Line(here, here.shown())
    line.ring()
    assert line.send("status", call_form(line.party, "evaporated")).status_code == 204
    return line


def understood_since(here: Service) -> None:
    """As by a newer version: the word means what another one meant."""
    with here.database.writing() as session:
        for row in session.query(SetAside):
            row.fields = [
                [name, "no-answer" if value == "evaporated" else value]
                for name, value in row.fields
            ]


def test_an_empty_inbox_says_so(here: Service, shell: Shell) -> None:
    assert here.calls() == []
    assert shell.run("list").output == "Nothing is set aside.\n"
    assert shell.run("replay", "--all").output == "0 taken in, 0 still not understood.\n"


def test_what_is_set_aside_is_shown_with_its_reason(here: Service, shell: Shell) -> None:
    line = not_understood(here)
    said = shell.run("list").output
    assert f"status  {line.sid}" in said
    assert "CallStatus is not a status that the carrier documents" in said
    (row,) = shell.listed()
    assert ["CallStatus", "evaporated"] in row["fields"]
    assert row["taken_in_at"] is None


def test_what_is_still_not_understood_stays(here: Service, shell: Shell) -> None:
    not_understood(here)
    result = shell.run("replay", "--all")
    assert "0 taken in, 1 still not understood." in result.output
    assert "CallStatus is not a status" in result.output
    assert len(shell.listed()) == 1


def test_what_is_understood_now_moves_its_call_and_is_settled(here: Service, shell: Shell) -> None:
    line = not_understood(here)
    assert here.call(line).state == "ringing"
    understood_since(here)
    assert shell.run("replay", "1").output == "1 taken in, 0 still not understood.\n"
    assert (here.call(line).state, here.call(line).result) == ("ended", "missed")
    assert shell.listed() == []
    assert "taken in since" in shell.run("list", "--all").output


def test_replaying_again_finds_nothing_to_do(here: Service, shell: Shell) -> None:
    not_understood(here)
    understood_since(here)
    shell.run("replay", "--all")
    before = here.snapshot()
    assert shell.run("replay", "--all").output == "0 taken in, 0 still not understood.\n"
    assert here.snapshot() == before


@pytest.mark.parametrize("words", [(), ("1", "--all"), ("7",), ("one",)])
def test_what_to_replay_has_to_be_said(here: Service, shell: Shell, words: tuple[str, ...]) -> None:
    not_understood(here)
    result = shell.run("replay", *words)
    assert result.exit_code != 0
    assert "Error: " in result.output
    assert len(shell.listed()) == 1
