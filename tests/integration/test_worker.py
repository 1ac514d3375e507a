"""Lanes: whoever is slow, silent or broken keeps nobody waiting but itself."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread

import pytest

from callweave.domain.facts import Answer, Delivered, Failed, Refused
from callweave.integrations.destination import Errand
from callweave.reconciliation import Repairs
from callweave.storage import set_aside
from callweave.storage.database import Database
from callweave.storage.set_aside import NewSetAside
from callweave.worker import REMEMBERED, TURN, Worker
from callweave.workflows.tell_fact import NEWS
from listeners import Listener, deliveries, eventually, listen, owe, saying
from shops import NOON, Clock, open_shop

PATIENCE_S = 20
LATER = NOON + timedelta(minutes=1)


@contextmanager
def working(database: Database, listener: Listener) -> Iterator[None]:
    worker = Worker(database, Clock(LATER), lambda: 0, listener.kinds)
    thread = Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()


@pytest.fixture
def account(database: Database) -> str:
    return open_shop(database).account_id


def delivered(database: Database, destination_id: str) -> int:
    rows = deliveries(database, destination_id=destination_id)
    return sum(row.delivered_at is not None for row in rows)


def test_a_destination_that_does_not_answer_holds_up_no_other(
    database: Database, account: str
) -> None:
    silent, healthy = listen(database, account, "silent"), listen(database, account, "healthy")
    owe(database, silent, 5)
    owe(database, healthy, 5)
    answered = Event()

    def answer(errand: Errand) -> Answer:
        if errand.address == "silent":
            answered.wait(PATIENCE_S)
        return Delivered()

    with working(database, Listener(answer)):
        assert eventually(lambda: delivered(database, healthy) == 5)
        assert delivered(database, silent) == 0
        answered.set()
        assert eventually(lambda: delivered(database, silent) == 5)


def test_a_fact_that_always_fails_holds_up_no_other(database: Database, account: str) -> None:
    hooks = listen(database, account)
    poison, *others = owe(database, hooks, 4)
    listener = Listener(
        lambda errand: Failed("answered 500") if errand.fact_id == poison else Delivered()
    )
    with working(database, listener):
        assert eventually(lambda: delivered(database, hooks) == len(others))


@pytest.mark.parametrize(
    ("answer", "told"), [(Delivered(), TURN), (Refused("no"), TURN), (Failed("answered 500"), 1)]
)
def test_a_lane_gives_way_after_a_failure_or_a_long_turn(
    database: Database, account: str, answer: Answer, told: int
) -> None:
    hooks = listen(database, account)
    owe(database, hooks, TURN + 5)
    listener = Listener(lambda _: answer)
    Worker(database, Clock(LATER), lambda: 0, listener.kinds)._take_turn(hooks)
    assert len(listener.heard) == told


def test_a_fault_of_ours_is_logged_and_the_work_goes_on(
    database: Database, account: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken, healthy = listen(database, account, "broken"), listen(database, account, "healthy")
    owe(database, broken, 3)
    owe(database, healthy, 3)

    def answer(errand: Errand) -> Answer:
        if errand.address == "broken":
            raise ZeroDivisionError
        return Delivered()

    with working(database, Listener(answer)):
        assert eventually(lambda: delivered(database, healthy) == 3)
        assert eventually(lambda: "ZeroDivisionError" in caplog.text)
    assert all(row.due_at for row in deliveries(database, destination_id=broken))


def test_a_database_that_is_away_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    gone = Database("sqlite:////nowhere/at/all.sqlite3")
    with working(gone, Listener()):
        assert eventually(lambda: caplog.text.count("the worker goes on") >= 2)
    gone.close()


def test_a_worker_that_is_stopped_brings_its_try_to_an_end(
    database: Database, account: str
) -> None:
    hooks = listen(database, account)
    owe(database, hooks, 5)
    begun = Event()

    def answer(_: Errand) -> Answer:
        begun.set()
        time.sleep(0.3)
        return Delivered()

    with working(database, Listener(answer)):
        assert begun.wait(PATIENCE_S)
    rows = deliveries(database)
    assert [row.tries for row in rows] == [1, 0, 0, 0, 0]
    assert rows[0].delivered_at


def test_logs_say_what_was_told_and_hold_no_secret(
    database: Database, account: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "callweave.worker")
    hooks = listen(database, account)
    owe(database, hooks, 2)
    with working(database, saying(Failed("answered 500"), Delivered())):
        assert eventually(lambda: delivered(database, hooks) == 1)
    lines = [vars(record) for record in caplog.records]
    assert [(line["message"], line.get("why")) for line in lines] == [
        ("not told", "answered 500"),
        ("told", None),
    ]
    assert "whsec_" not in json.dumps(lines, default=str)


def test_what_was_told_is_remembered_for_longer_than_it_is_news() -> None:
    assert REMEMBERED > NEWS


def test_what_is_long_over_is_forgotten(database: Database, account: str) -> None:
    owe(database, listen(database, account), at=NOON - REMEMBERED)
    listener = Listener()
    with working(database, listener):
        assert eventually(lambda: len(listener.heard) == 1)
    with working(database, listener):
        assert eventually(lambda: deliveries(database) == [])
    assert len(listener.heard) == 1


def test_forms_that_nobody_understood_for_a_month_are_forgotten(database: Database) -> None:
    for name, at in (("old", LATER - REMEMBERED - timedelta(days=1)), ("new", NOON)):
        with database.hot() as tx:
            set_aside.put(tx, NewSetAside(name, "status", None, [], None, at, "odd"))
    Worker(database, Clock(LATER), lambda: 0)._tidy(LATER)
    with database.reading() as session:
        assert [row.fingerprint for row in set_aside.everything(session)] == ["new"]


def test_a_carrier_that_does_not_answer_holds_up_no_destination(
    database: Database, account: str
) -> None:
    hooks, asked, answered = listen(database, account), Event(), Event()
    owe(database, hooks, 5)

    def compare(_now: datetime) -> Repairs:
        asked.set()
        answered.wait(PATIENCE_S)
        return Repairs()

    listener = Listener()
    worker = Worker(database, Clock(LATER), lambda: 0, listener.kinds, compare)
    thread = Thread(target=worker.run)
    thread.start()
    assert asked.wait(PATIENCE_S)
    assert eventually(lambda: delivered(database, hooks) == 5)
    answered.set()
    worker.stop()
    thread.join()
