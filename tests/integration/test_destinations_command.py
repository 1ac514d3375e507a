"""The commands by which an operator says who is told, and looks after what could not be told."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from callweave.cli import main
from callweave.domain.facts import Answer, Delivered, FactType, Failed, Gone, Refused
from callweave.integrations.catalogue import KINDS
from callweave.storage.database import Database
from callweave.workflows.deliver_fact import deliver_fact
from listeners import Listener, deliveries, destination, listen, owe, saying
from receiver import Receiver, receiving
from shops import NOON, open_shop

PUBLIC = "https://93.184.216.34/hook"
SOON = NOON + timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Shell:
    url: str

    def run(self, *words: str) -> Result:
        runner = CliRunner(env={"DATABASE_URL": self.url})
        return runner.invoke(main, ["destinations", *words])

    def said(self, *words: str) -> str:
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return result.output

    def data(self, *words: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.said(*words, "--json"))
        return found


@pytest.fixture
def shell(database_url: str) -> Shell:
    return Shell(database_url)


@pytest.fixture
def account(database: Database) -> str:
    return open_shop(database).account_id


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def try_some(database: Database, hooks: str, *answers: Answer) -> None:
    kinds = saying(*answers).kinds
    for _ in answers:
        assert deliver_fact(database, kinds, hooks, SOON, 0)


def test_a_destination_is_added_for_every_fact_and_its_secret_is_shown(
    shell: Shell, database: Database, account: str
) -> None:
    lines = shell.said("add", PUBLIC).splitlines()
    (line,) = shell.data("list")
    kept = destination(database, line["id"])
    assert (line["address"], line["facts"]) == (PUBLIC, [each.value for each in FactType])
    assert line["id"] in lines[0]
    assert lines[1] == kept.secret
    assert kept.secret.startswith("whsec_")
    assert (kept.account_id, kept.allow_private) == (account, False)


@pytest.mark.usefixtures("account")
def test_the_secret_is_shown_only_once(shell: Shell) -> None:
    shell.said("add", PUBLIC)
    assert "whsec_" not in shell.said("list") + shell.said("list", "--json")


@pytest.mark.usefixtures("account")
def test_two_destinations_have_two_secrets(shell: Shell) -> None:
    secrets = {shell.said("add", PUBLIC).splitlines()[1] for _ in range(2)}
    assert len(secrets) == 2


@pytest.mark.usefixtures("account")
def test_a_destination_gets_the_facts_it_asks_for(shell: Shell) -> None:
    shell.said("add", PUBLIC, "--facts", "outcome.recorded", "--facts", "call.completed")
    assert shell.data("list")[0]["facts"] == ["outcome.recorded", "call.completed"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("http://93.184.216.34/",), "only https:// on port 443"),
        (("https://127.0.0.1/",), "not a public address"),
        (("https://[::ffff:169.254.169.254]/",), "not a public address"),
        (("hooks",), "not an address"),
        ((PUBLIC, "--facts", "call.changed"), "ask for both"),
        ((PUBLIC, "--facts", "call.lost"), "is not one of"),
        ((PUBLIC, "--account", "Nobody"), "there are: Farshore"),
    ],
)
def test_what_cannot_be_added_is_refused_in_words(
    shell: Shell, words: tuple[str, ...], why: str
) -> None:
    result = shell.run("add", *words)
    assert result.exit_code in {1, 2}
    assert why in result.output
    assert shell.data("list") == []
    assert "Nobody is told anything yet" in shell.said("list")


@pytest.mark.usefixtures("account")
def test_a_receiver_in_ones_own_network_verifies_with_the_secret_that_was_shown(
    shell: Shell, database: Database, receiver: Receiver
) -> None:
    receiver.secrets = shell.said("add", receiver.url, "--allow-private").splitlines()[1:]
    (line,) = shell.data("list")
    owed, now = owe(database, line["id"]), datetime.now(UTC)
    tried = deliver_fact(database, KINDS, line["id"], max(now, SOON), 0)
    assert tried
    assert (tried.answer, receiver.fact_ids) == (Delivered(), owed)


def test_the_list_counts_what_was_told(shell: Shell, database: Database, account: str) -> None:
    hooks = listen(database, account)
    owe(database, hooks, 6)
    told = [Delivered()] * 3
    try_some(database, hooks, *told, Failed("answered 500"), Refused("no"))
    listen(database, account, "https://idle.example/", since=NOON)
    counts = [[line[name] for name in ("delivered", "owed", "dead")] for line in shell.data("list")]
    assert counts == [[3, 2, 1], [0, 0, 0]]
    assert "  3 delivered, 2 owed, 1 dead\n" in shell.said("list")


def test_failures_are_shown_with_their_reasons(
    shell: Shell, database: Database, account: str
) -> None:
    hooks = listen(database, account)
    assert shell.said("failures", hooks) == "Nothing has failed.\n"
    waiting, dead, _ = owe(database, hooks, 3)
    try_some(database, hooks, Failed("answered 500"), Refused("not an address"), Delivered())
    found = shell.data("failures", hooks)
    assert [line["fact_id"] for line in found] == [waiting, dead]
    assert [line["next_try_at"] for line in found] == ["2026-11-18T12:01:05Z", None]
    assert [line["reason"] for line in found] == ["answered 500", "not an address"]
    assert "not an address; tries: 1; a dead letter" in shell.said("failures", hooks)


def test_a_retired_destination_is_told_nothing_more(
    shell: Shell, database: Database, account: str
) -> None:
    hooks = listen(database, account)
    owe(database, hooks)
    shell.said("retire", hooks)
    first = destination(database, hooks).retired_at
    assert shell.said("retire", "https://hooks.example.com/")
    assert destination(database, hooks).retired_at == first
    listener = Listener()
    deliver_fact(database, listener.kinds, hooks, SOON, 0)
    assert listener.heard == []
    assert "retired" in shell.said("list")
    assert "is retired" in shell.run("redeliver", hooks).output


def test_dead_letters_are_delivered_anew_even_to_who_was_gone(
    shell: Shell, database: Database, account: str
) -> None:
    hooks = listen(database, account)
    owe(database, hooks, 2)
    try_some(database, hooks, Gone("answered 410 Gone"), Delivered())
    assert "gone (410)" in shell.said("list")
    assert shell.said("redeliver", hooks) == "2 to deliver again.\n"
    assert [(row.tries, row.due_at is None) for row in deliveries(database)] == [(0, False)] * 2
    assert shell.data("list")[0]["gone_at"] is None


def test_a_destination_is_named_by_its_id_or_an_address_of_its_own(
    shell: Shell, database: Database, account: str
) -> None:
    first, second = listen(database, account), listen(database, account)
    assert first in shell.run("retire", "https://hooks.example.com/").output
    assert shell.run("retire", "https://nobody.example/").exit_code == 1
    shell.said("retire", first)
    assert second in shell.said("retire", "https://hooks.example.com/")


def test_an_address_in_brackets_is_shown_whole(
    shell: Shell, database: Database, account: str
) -> None:
    listen(database, account, "https://[fd00::7]/hook")
    assert "https://[fd00::7]/hook" in shell.said("list")
