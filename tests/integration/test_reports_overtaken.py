"""A ring that comes last, and reports that cross it: nothing that is kept stays unread."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest

from callweave.intake import Webhook
from callweave.simulator.forms import call_form, final_form, progress_form, ring_form
from callweave.storage.database import Database
from callweave.storage.outcomes import Credit
from callweave.storage.visits import Touch
from databases import PostgresDatabases
from service import Line, Service, service
from shops import ANA, shop

CLICK = "utm_source=ad&utm_medium=cpc&utm_campaign="
RANG_DESK = "<Response><Dial>+441614960199</Dial></Response>"


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    """One number, lent for a minute: whoever comes next gets it."""
    with service(database, database_url, shop(1, lease_s=60)) as here:
        yield here


def hook(here: Service, kind: str, form: Mapping[str, str], leg: str | None = None) -> Webhook:
    return Webhook(kind, leg, tuple(form.items()), here.clock())


def answer(here: Service, hook: Webhook, check: object = None) -> str | None:
    intake = here.parts.intake
    return intake.answer(intake.read(hook), check if callable(check) else lambda: None)


def picked_up(here: Service, line: Line) -> Webhook:
    form = progress_form(line.leg_party(1), "in-progress", here.clock(), 2, None)
    return hook(here, "status", form, "1")


def test_a_ring_reads_what_its_legs_have_told_already(here: Service) -> None:
    line = Line(here, here.shown())
    line.leg(1, "in-progress", 2)
    assert line.ring() == f"dial {ANA}"
    assert here.call(line).state == "talking"


def test_a_ring_that_comes_last_of_all_changes_nothing_that_was_known(here: Service) -> None:
    line = Line(here, here.shown())
    line.dialled(0, "completed", 60)
    line.over(seconds=70)
    before = here.call(line)
    assert line.ring() == "hang up"
    after = here.call(line)
    known = ("state", "result", "talk_s", "duration_s", "ended_at", "match_status", "visit_id")
    assert [getattr(after, name) for name in known] == [getattr(before, name) for name in known]


def test_a_call_is_matched_anew_when_its_own_ring_comes_in_at_last(here: Service) -> None:
    """Reckoned from the dial's end it rang when somebody else held the number already."""
    number = here.shown(f"/bahamas?{CLICK}first")
    line = Line(here, number)
    ring = hook(here, "ring", ring_form(line.party))
    here.clock.move(minutes=10)
    assert here.shown(f"/norway?{CLICK}second") == number
    line.dialled(0, "no-answer")
    line.over(seconds=1)
    assert here.call(line).campaign == "second"
    here.parts.intake.take(ring, RANG_DESK)
    call = here.call(line)
    assert (call.campaign, call.rung_at) == ("first", ring.at)
    campaigns = {touch.id: touch.campaign for touch in here.rows(Touch)}
    assert {campaigns[credit.touch_id] for credit in here.rows(Credit)} == {"first"}


def test_what_was_ended_stays_ended_though_its_reports_are_gone(here: Service) -> None:
    line = Line(here, here.shown())
    line.ring()
    line.over()
    with here.database.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM call_reports")
    line.leg(1, "ringing", 1)
    assert (here.call(line).state, here.call(line).result) == ("ended", "missed")


def test_what_a_newer_version_has_kept_stops_nothing(here: Service) -> None:
    line = Line(here, here.shown())
    line.ring()
    line.leg(1, "in-progress", 2)
    with here.database.writing() as session:
        session.connection().exec_driver_sql(
            "UPDATE call_reports SET kind = 'transcript' WHERE kind = 'ring'"
        )
    assert line.over().status_code == 204
    assert (here.call(line).state, here.call(line).result) == ("ended", "answered")


@pytest.mark.parametrize("first", ["ring", "status"])
def test_a_ring_and_a_legs_report_that_cross_find_each_other(
    postgresql: PostgresDatabases, first: str
) -> None:
    """One holds its transaction open until the other has come as far as it can."""
    with postgresql.migrated() as url, service(Database(url), url) as here:
        line, held, go = Line(here, here.shown()), Event(), Event()
        hooks = {
            "ring": hook(here, "ring", ring_form(line.party)),
            "status": picked_up(here, line),
        }

        def wait() -> None:
            held.set()
            go.wait(5)

        slow = Thread(target=answer, args=(here, hooks.pop(first), wait))
        slow.start()
        assert held.wait(5)
        quick = Thread(target=answer, args=(here, hooks.popitem()[1]))
        quick.start()
        quick.join(0.5)
        go.set()
        slow.join(10)
        quick.join(10)
        assert here.call(line).state == "talking"
        here.database.close()


def test_a_ring_twice_at_once_with_an_adopted_call_is_one_call(here: Service) -> None:
    line = Line(here, here.shown())
    later = replace(hook(here, "ring", ring_form(line.party)), at=here.clock() + timedelta(hours=1))
    form = final_form(line.party, "completed", here.clock(), 9)
    answer(here, hook(here, "status", form))
    answer(here, hook(here, "dialled", call_form(line.party, "completed") | DIALLED, "0"))
    here.parts.intake.take(later, RANG_DESK)
    assert len(here.calls()) == 1


DIALLED = {"DialCallStatus": "completed", "DialBridged": "true", "DialCallDuration": "5"}
