"""The journey behind a call, from rows."""

from dataclasses import replace
from datetime import timedelta

from callweave.domain.outcomes import Disposition
from callweave.storage.accounts import Account
from callweave.storage.reports.journey import (
    MOST_STEPS,
    Called,
    Did,
    Journey,
    SawPage,
    Stage,
    journey_of,
)
from callweave.storage.reports.one_call import (
    credits_of,
    find_call,
    id_by_sid,
    legs_of,
    outcomes_of,
    touches_of,
)
from journeys import DIRECT, PAID_CLICK, Teller
from shops import NOON

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
HOME = ("https://shop.example/", "Home")
BAHAMAS = ("https://shop.example/bahamas", "Bahamas")


def steps(stage: Stage) -> list[str]:
    found = []
    for step in stage.steps:
        match step:
            case SawPage():
                found.append(step.title)
            case Did():
                found.append(step.type)
            case Called():
                found.append(f"call {step.call.result}")
    return found


def told(journey: Journey) -> list[tuple[str | None, list[str]]]:
    return [(stage.touch.source if stage.touch else None, steps(stage)) for stage in journey.stages]


def test_a_journey_is_told_across_all_visits_in_the_order_of_time(teller: Teller) -> None:
    visitor = teller.visitor()
    teller.visit(visitor, NOON - 3 * DAY, replace(PAID_CLICK, pages=(BAHAMAS, HOME)))
    visit = teller.visit(visitor, NOON - 10 * MINUTE, DIRECT)
    teller.event(visit, NOON - MINUTE, "tel_click", {"number": "+442079460101"})
    call = teller.call(NOON, visit)
    assert told(journey_of(teller.session, call)) == [
        ("google", ["Bahamas", "Home"]),
        ("(direct)", ["Farshore Holidays", "tel_click", "call answered"]),
    ]


def test_what_happens_after_the_call_is_told_after_it(teller: Teller) -> None:
    visitor = teller.visitor()
    call = teller.call(NOON, teller.visit(visitor, NOON - MINUTE))
    teller.visit(visitor, NOON + DAY, DIRECT)
    last = journey_of(teller.session, call).stages[-1]
    assert steps(last) == ["Farshore Holidays"]


def test_a_page_that_is_loaded_again_and_again_is_told_once(teller: Teller) -> None:
    click = replace(PAID_CLICK, pages=(BAHAMAS, BAHAMAS, BAHAMAS, HOME, BAHAMAS))
    call = teller.call(NOON, teller.visit(teller.visitor(), NOON - DAY, click))
    pages = journey_of(teller.session, call).stages[0].steps[:3]
    assert [(p.title, p.times) for p in pages if isinstance(p, SawPage)] == [
        ("Bahamas", 3),
        ("Home", 1),
        ("Bahamas", 1),
    ]


def test_signs_of_life_and_of_leaving_are_not_told(teller: Teller) -> None:
    visit = teller.visit(teller.visitor(), NOON - DAY, replace(PAID_CLICK, pages=()))
    for type_ in ("alive", "leave", "identify", "custom"):
        teller.event(visit, NOON - DAY, type_, {})
    journey = journey_of(teller.session, teller.call(NOON, visit))
    assert steps(journey.stages[0]) == ["identify", "custom", "call answered"]


def test_earlier_calls_from_the_same_phone_are_told_even_of_an_unknown_visitor(
    teller: Teller,
) -> None:
    teller.call(NOON - DAY, result="missed")
    teller.call(NOON - DAY, caller="+447700900999")
    journey = journey_of(teller.session, teller.call(NOON))
    assert told(journey) == [(None, ["call missed", "call answered"])]


def test_callers_who_withhold_their_number_are_not_one_person(teller: Teller) -> None:
    teller.call(NOON - DAY, caller=None)
    journey = journey_of(teller.session, teller.call(NOON, caller=None))
    assert told(journey) == [(None, ["call answered"])]


def test_the_same_phone_at_another_account_is_not_told(teller: Teller) -> None:
    foreign = teller.call(NOON - DAY)
    teller.session.add(Account(id="ac_other", name="Other", created_at=NOON))
    teller.session.flush()
    foreign.account_id = "ac_other"
    assert told(journey_of(teller.session, teller.call(NOON))) == [(None, ["call answered"])]


def test_of_a_very_long_journey_the_latest_steps_are_read(teller: Teller) -> None:
    pages = tuple((f"https://shop.example/{nth}", str(nth)) for nth in range(MOST_STEPS + 5))
    click = replace(PAID_CLICK, pages=pages)
    call = teller.call(NOON, teller.visit(teller.visitor(), NOON - 30 * DAY, click))
    journey = journey_of(teller.session, call)
    assert journey.cut
    assert steps(journey.stages[0])[0] == "5"


def test_a_call_is_found_by_its_own_account_alone(teller: Teller) -> None:
    call = teller.call()
    session, account = teller.session, teller.site.account_id
    found = find_call(session, account, call.id)
    assert found
    assert (found[0], found[1].id) == (call, teller.site.id)
    assert id_by_sid(session, account, call.sid) == call.id
    assert find_call(session, "ac_other", call.id) is None
    assert id_by_sid(session, "ac_other", call.sid) is None


def test_a_call_comes_with_legs_outcomes_and_credits(teller: Teller) -> None:
    visitor = teller.visitor()
    first = teller.visit(visitor, NOON - DAY)
    call = teller.call(NOON, teller.visit(visitor, NOON - MINUTE, DIRECT))
    teller.outcome(call, Disposition.CALLBACK)
    teller.outcome(call, value=500)
    session = teller.session
    assert [leg.name for leg in legs_of(session, call.id)] == ["Ana", "Ben"]
    assert [one.disposition for one in outcomes_of(session, call.id)] == ["won", "callback"]
    sources = [touch.source for _, touch in credits_of(session, call.id) if touch]
    assert sources == sorted(sources, key=["google", "(direct)"].index)
    assert touches_of(session, [first.id])[first.id].source == "google"
