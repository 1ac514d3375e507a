"""What destinations are owed after calls and outcomes: each fact once, with the last figures."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from api_stage import WON, key_of, other_account
from callweave.domain.facts import FactType
from callweave.storage import outbox
from callweave.storage.database import Database
from callweave.storage.followed import lock_by_id, write_course
from callweave.storage.outbox import Destination
from callweave.workflows.tell_fact import NEWS, SETTLING, tell_call
from listeners import deliveries, listen
from service import Line, Service, service
from shops import NOON, tracked

OUTCOMES = (FactType.OUTCOME_RECORDED,)


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    with service(database, database_url) as here:
        listen(database, here.site.account_id)
        yield here


def facts(here: Service, **only: Any) -> list[dict[str, Any]]:
    return [json.loads(each.body) for each in deliveries(here.database, **only)]


def types(here: Service) -> list[str]:
    return [fact["type"] for fact in facts(here)]


def told_call(here: Service) -> dict[str, Any]:
    found: dict[str, Any] = facts(here)[-1]["data"]["call"]
    return found


def answered_call(here: Service) -> Line:
    line = Line(here, here.shown("/bahamas?utm_source=google&utm_medium=cpc&utm_campaign=sun"))
    line.ring()
    here.clock.move(seconds=10)
    line.whisper(1)
    here.clock.move(seconds=60)
    line.dialled(1, "completed", talked_s=60)
    return line


def send_all(here: Service) -> None:
    """As the worker does when the time has come."""
    here.clock.move(seconds=SETTLING.total_seconds())
    with here.database.writing() as session:
        for destination in outbox.lanes(session, here.clock()):
            while claimed := outbox.claim(session, destination, here.clock()):
                outbox.record(session, claimed, delivered_at=here.clock())


def state(here: Service, line: Line, body: dict[str, Any] = WON) -> int:
    key = key_of(here.database, here.site.account_id)
    headers = {"Authorization": f"Bearer {key.secret}"}
    path = f"/api/v1/calls/by-sid/{line.sid}/outcome"
    return here.client.put(path, json=body, headers=headers).status_code


def test_a_call_that_is_not_over_is_not_told(here: Service) -> None:
    line = Line(here, here.shown())
    line.ring()
    line.whisper(1)
    assert facts(here) == []


def test_the_last_words_on_a_call_are_one_fact_with_all_figures(here: Service) -> None:
    line = answered_call(here)
    (first,) = deliveries(here.database)
    here.clock.move(seconds=2)
    line.over(seconds=75)
    (owed,) = deliveries(here.database)
    assert (owed.fact_id, owed.due_at) == (first.fact_id, first.due_at)
    call = told_call(here)
    assert types(here) == ["call.completed"]
    assert (call["result"], call["talk_s"], call["duration_s"]) == ("answered", 60, 75)
    assert (call["answered_by"], call["match_status"]) == ("Ana", "exclusive")
    assert (call["channel"], call["source"], call["campaign"]) == ("Paid Search", "google", "sun")


def test_what_comes_late_is_told_as_a_change(here: Service) -> None:
    line = Line(here, here.shown())
    line.ring()
    line.over("completed", seconds=9)
    assert told_call(here)["result"] == "missed"
    send_all(here)
    line.voicemail(seconds=21)
    assert types(here) == ["call.completed", "call.changed"]
    assert (told_call(here)["result"], told_call(here)["voicemail_s"]) == ("voicemail", 21)


def test_repeated_reports_tell_nothing_new(here: Service) -> None:
    line = answered_call(here)
    send_all(here)
    for _ in range(3):
        line.dialled(1, "completed", talked_s=60)
        line.whisper(1)
    assert types(here) == ["call.completed"]


def test_reports_of_long_ago_tell_nothing(here: Service) -> None:
    line = answered_call(here)
    send_all(here)
    here.clock.move(days=NEWS.days + 1)
    with here.database.writing() as session:
        assert outbox.forget(session, here.clock()) == 1
    line.dialled(1, "completed", talked_s=60)
    line.over(seconds=80)
    assert facts(here) == []


def test_an_outcome_is_told_once_however_often_it_is_stated(here: Service) -> None:
    line = answered_call(here)
    send_all(here)
    assert [state(here, line) for _ in range(3)] == [200] * 3
    assert types(here) == ["call.completed", "outcome.recorded"]
    outcome = facts(here)[-1]["data"]["outcome"]
    assert (outcome["disposition"], outcome["value"], outcome["currency"]) == (
        "won",
        149_900,
        "GBP",
    )
    assert facts(here)[-1]["data"]["call"] == facts(here)[0]["data"]["call"]


def test_the_same_word_after_another_is_another_outcome(here: Service) -> None:
    line = answered_call(here)
    for body in (WON, {"disposition": "lost"}, WON):
        here.clock.move(seconds=1)
        assert state(here, line, body) == 200
    told = [fact for fact in facts(here) if fact["type"] == "outcome.recorded"]
    said = [fact["data"]["outcome"]["disposition"] for fact in told]
    assert said == ["won", "lost", "won"]
    assert len({each.fact_id for each in deliveries(here.database)}) == 4


def test_what_was_refused_is_not_told(here: Service) -> None:
    line = answered_call(here)
    assert state(here, line, {**WON, "currency": "XXX"}) == 422
    assert types(here) == ["call.completed"]


def test_each_destination_is_told_what_it_asked_for(here: Service) -> None:
    outcomes = listen(here.database, here.site.account_id, facts=OUTCOMES)
    line = answered_call(here)
    state(here, line)
    line.over(seconds=75)
    told = [fact["type"] for fact in facts(here, destination_id=outcomes)]
    assert told == ["outcome.recorded"]
    both = [each.fact_id for each in deliveries(here.database, type="outcome.recorded")]
    assert len(both) == 2
    assert len(set(both)) == 1


def test_other_accounts_hear_nothing(here: Service) -> None:
    stranger = listen(here.database, other_account(here.database))
    state(here, answered_call(here))
    assert facts(here, destination_id=stranger) == []


def test_a_destination_hears_nothing_of_what_was_before_it(here: Service) -> None:
    line = answered_call(here)
    state(here, line)
    here.clock.move(seconds=1)
    late = listen(here.database, here.site.account_id, since=here.clock())
    line.over(seconds=75)
    state(here, line)
    assert facts(here, destination_id=late) == []


@pytest.mark.parametrize("closed", ["retired_at", "gone_at"])
def test_a_closed_destination_is_told_nothing(here: Service, closed: str) -> None:
    with here.database.writing() as session:
        setattr(session.scalars(select(Destination)).one(), closed, NOON)
    state(here, answered_call(here))
    assert facts(here) == []


def test_a_call_to_nobodys_number_concerns_nobody(here: Service) -> None:
    line = Line(here, "+442079460555")
    line.ring()
    line.over()
    assert here.call(line).state == "ended"
    assert facts(here) == []


def test_a_withheld_number_is_told_as_null(here: Service) -> None:
    line = Line(here, tracked(1)[0], caller="+266696687")
    line.ring()
    line.over()
    assert told_call(here)["customer_phone_number"] is None
    assert told_call(here)["tracking_phone_number"] == tracked(1)[0]


def change_and_fail(here: Service, line: Line) -> None:
    with here.database.hot() as tx:
        call = lock_by_id(tx, here.call(line).id)
        assert call
        longer = replace(call.course, duration_s=75)
        write_course(tx, call.id, longer)
        tell_call(tx, here.parts.mint, replace(call, course=longer), here.clock())
        raise ZeroDivisionError


def test_without_the_change_there_is_no_fact(here: Service) -> None:
    line = answered_call(here)
    send_all(here)
    with pytest.raises(ZeroDivisionError):
        change_and_fail(here, line)
    assert types(here) == ["call.completed"]
    assert here.call(line).duration_s is None
