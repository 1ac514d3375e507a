"""What was refused is counted in memory, and written down once a minute."""

from collections.abc import Iterator
from functools import partial

import pytest

from callweave.storage.accounts import Refusal as Counted
from callweave.storage.database import Database
from callweave.web.tally import Tally
from callweave.workflows.count_refusal import CARRIER, Refusal
from outages import locked
from service import Service, at_once, service
from shops import NOON


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    with service(database, database_url) as here:
        yield here


def written(here: Service) -> dict[tuple[str, str], int]:
    return {(row.scope, row.reason): row.times for row in here.rows(Counted)}


def refuse(here: Service) -> None:
    """A robot's visit; what is done behind requests is done after it."""
    assert here.announce(User_Agent="").status_code == 200
    here.parts.draining.turn()


def test_counts_are_written_once_a_minute(here: Service) -> None:
    for _ in range(3):
        refuse(here)
    assert written(here) == {(here.site.id, "bot"): 1}
    here.clock.move(minutes=1)
    refuse(here)
    assert written(here) == {(here.site.id, "bot"): 4}


def test_each_day_has_its_own_count(here: Service) -> None:
    refuse(here)
    here.clock.move(days=1)
    refuse(here)
    assert [(row.day, row.times) for row in here.rows(Counted)] == [
        (NOON.date(), 1),
        (here.clock().date(), 1),
    ]


def test_what_cannot_be_written_is_kept_for_the_next_time(
    database: Database, database_url: str
) -> None:
    with service(database, database_url, voice_budget_ms=500) as here:
        here.announce()  # from now on the site is known without the database
        here.clock.move(minutes=2)
        with locked(database_url):
            refuse(here)
        assert written(here) == {}
        here.clock.move(minutes=1)
        refuse(here)
        assert written(here) == {(here.site.id, "bot"): 2}


def test_the_counts_of_many_workers_add_up(here: Service) -> None:
    workers = [Tally() for _ in range(4)]
    for worker in workers:
        worker.add(Refusal.BOT, here.site.id)
        worker.add(Refusal.FORGED_WEBHOOK)
    for _ in workers:  # who was second to make the row tries again a minute later
        now = here.clock.move(minutes=1)
        at_once([partial(worker.write_if_due, here.database, now) for worker in workers])
    assert written(here) == {(here.site.id, "bot"): 4, (CARRIER, "forged_webhook"): 4}


def test_a_forged_webhook_is_written_down_though_nobody_else_calls(here: Service) -> None:
    here.send("/voice/ring", "x=1", {"X-Twilio-Signature": "forged"})
    here.parts.draining.turn()
    assert written(here) == {(CARRIER, "forged_webhook"): 1}
