"""What is owed is tried until it is delivered or a dead letter, whoever is killed meanwhile."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from callweave.domain.facts import MOST_TRIES, Answer, Delivered, Failed, Gone, Refused
from callweave.storage import outbox
from callweave.storage.database import Database
from callweave.storage.outbox import LEASE, Delivery, Destination
from callweave.workflows.deliver_fact import Tried, deliver_fact
from listeners import Listener, deliveries, destination, listen, owe, saying
from shops import NOON, open_shop

TAKERS = 8
SOON = NOON + timedelta(seconds=1)


@pytest.fixture
def hooks(database: Database) -> str:
    return listen(database, open_shop(database).account_id)


def deliver(
    database: Database, hooks: str, listener: Listener, now: datetime = SOON
) -> Tried | None:
    return deliver_fact(database, listener.kinds, hooks, now, chance=0)


def only(database: Database) -> Delivery:
    (found,) = deliveries(database)
    return found


def test_what_is_due_is_delivered_once(database: Database, hooks: str) -> None:
    (fact_id,) = owe(database, hooks)
    listener = Listener()
    assert deliver(database, hooks, listener) == Tried(fact_id, 1, Delivered())
    assert deliver(database, hooks, listener) is None
    assert [errand.fact_id for errand in listener.heard] == [fact_id]
    row = only(database)
    assert (row.due_at, row.delivered_at, row.reason) == (None, SOON, None)


def test_what_is_not_due_yet_waits(database: Database, hooks: str) -> None:
    owe(database, hooks, at=SOON + timedelta(seconds=1))
    assert deliver(database, hooks, Listener()) is None


def test_what_was_owed_first_is_told_first(database: Database, hooks: str) -> None:
    owed = owe(database, hooks, 5)
    listener = Listener()
    while deliver(database, hooks, listener):
        pass
    assert [errand.fact_id for errand in listener.heard] == owed


def test_no_transaction_is_open_while_the_destination_listens(
    database: Database, hooks: str
) -> None:
    owe(database, hooks)

    def write_meanwhile(_: object) -> Answer:
        owe(database, hooks, at=SOON + timedelta(days=1))
        return Delivered()

    deliver(database, hooks, Listener(write_meanwhile))
    assert len(deliveries(database)) == 2


def test_a_failure_is_repeated_with_the_same_words(database: Database, hooks: str) -> None:
    owe(database, hooks)
    listener = saying(Failed("answered 500"), Failed("answered 503"), Delivered())
    for seconds in (0, 5, 305):
        assert deliver(database, hooks, listener, SOON + timedelta(seconds=seconds))
    assert len({(errand.fact_id, errand.body) for errand in listener.heard}) == 1
    assert (only(database).tries, only(database).reason) == (3, None)


def test_a_receiver_that_asks_for_time_gets_it(database: Database, hooks: str) -> None:
    owe(database, hooks)
    deliver(database, hooks, Listener(lambda _: Failed("answered 429", timedelta(minutes=10))))
    assert only(database).due_at == SOON + timedelta(minutes=10)


def test_after_the_last_try_it_is_a_dead_letter_with_its_reason(
    database: Database, hooks: str
) -> None:
    owe(database, hooks)
    listener, now = Listener(lambda _: Failed("answered 500")), SOON
    while deliver(database, hooks, listener, now):
        now = only(database).due_at or now
    row = only(database)
    assert len(listener.heard) == row.tries == MOST_TRIES
    assert (row.due_at, row.delivered_at, row.reason) == (None, None, "answered 500")
    assert now - SOON == timedelta(hours=75, minutes=35, seconds=5)


def test_what_can_never_be_delivered_is_not_tried_again(database: Database, hooks: str) -> None:
    owe(database, hooks)
    deliver(database, hooks, Listener(lambda _: Refused("not an address")))
    row = only(database)
    assert (row.due_at, row.delivered_at, row.reason) == (None, None, "not an address")


def test_a_destination_that_is_gone_is_told_nothing_more(database: Database, hooks: str) -> None:
    owe(database, hooks, 3)
    listener = Listener(lambda _: Gone("answered 410 Gone"))
    while deliver(database, hooks, listener):
        pass
    reasons = [row.reason for row in deliveries(database) if row.due_at is None]
    assert reasons == ["answered 410 Gone", *["the destination is closed"] * 2]
    assert len(listener.heard) == 1
    assert destination(database, hooks).gone_at == SOON


def test_dead_letters_can_be_delivered_anew(database: Database, hooks: str) -> None:
    owe(database, hooks, 3)
    first = saying(Delivered(), Gone("answered 410 Gone"))
    while deliver(database, hooks, first):
        pass
    with database.writing() as session:
        assert outbox.redeliver(session, session.get_one(Destination, hooks), SOON) == 2
    listener = Listener()
    while deliver(database, hooks, listener):
        pass
    assert len(listener.heard) == 2
    assert {row.delivered_at for row in deliveries(database)} == {SOON}


def test_a_killed_workers_delivery_is_taken_up_after_its_lease(
    database: Database, hooks: str
) -> None:
    owe(database, hooks)
    with database.writing() as session:
        assert outbox.claim(session, hooks, SOON)
    listener = Listener()
    assert deliver(database, hooks, listener, SOON + LEASE - timedelta(seconds=1)) is None
    tried = deliver(database, hooks, listener, SOON + LEASE)
    assert tried
    assert tried.tries == 2


def test_a_late_word_on_an_earlier_try_is_not_heard(database: Database, hooks: str) -> None:
    owe(database, hooks)
    with database.writing() as session:
        slow = outbox.claim(session, hooks, SOON)
        quick = outbox.claim(session, hooks, SOON + LEASE)
    assert slow
    assert quick
    with database.writing() as session:
        assert not outbox.record(session, slow, reason="not an address")
        assert outbox.record(session, quick, delivered_at=SOON + LEASE)
        assert not outbox.record(session, quick, due_at=SOON)
    assert (only(database).delivered_at, only(database).reason) == (SOON + LEASE, None)


def test_what_kills_every_worker_becomes_a_dead_letter(database: Database, hooks: str) -> None:
    owe(database, hooks)
    now = SOON
    for _ in range(MOST_TRIES):
        with database.writing() as session:
            assert outbox.claim(session, hooks, now)
        now += LEASE
    listener = Listener()
    deliver(database, hooks, listener, now)
    assert listener.heard == []
    assert only(database).reason == "the worker was stopped in the middle of each try"


def test_many_who_take_at_once_never_take_the_same(database: Database, hooks: str) -> None:
    owed = owe(database, hooks, 120)

    def take(_: int) -> list[str]:
        taken: list[str] = []
        while True:
            with database.writing() as session:
                claimed = outbox.claim(session, hooks, SOON)
            if claimed is None:
                return taken
            taken.append(claimed.fact_id)

    with ThreadPoolExecutor(TAKERS) as takers:
        taken = Counter(fact_id for each in takers.map(take, range(TAKERS)) for fact_id in each)
    assert taken == Counter(owed)


def test_only_lanes_with_something_due_are_served(database: Database, hooks: str) -> None:
    idle = listen(database, destination(database, hooks).account_id)
    owe(database, hooks, 2)
    owe(database, idle, at=SOON + timedelta(seconds=1))
    with database.reading() as session:
        assert outbox.lanes(session, SOON) == [hooks]


def test_what_is_over_is_forgotten_and_what_is_owed_is_not(database: Database, hooks: str) -> None:
    *_, owed = owe(database, hooks, 3)
    listener = saying(Delivered(), Refused("no"), Failed("answered 500"))
    for _ in range(3):
        deliver(database, hooks, listener)
    with database.writing() as session:
        assert outbox.forget(session, NOON) == 0
        assert outbox.forget(session, SOON) == 2
    assert [row.fact_id for row in deliveries(database)] == [owed]
