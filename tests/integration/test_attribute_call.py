"""Every touch that led to a call gets its part, to the last penny, and never twice."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from callweave.domain.attribution import MILLION, Model
from callweave.domain.outcomes import Disposition
from callweave.storage.calls import Call
from callweave.storage.database import Database
from callweave.storage.outcomes import Credit
from callweave.storage.visits import Touch, Visit
from callweave.workflows.attribute_call import attribute_call
from hot import locked
from journeys import DIRECT, Teller
from service import Line, service
from shops import NOON, OVERFLOW, open_shop, shop

WON, LOST = Disposition.WON, Disposition.LOST


@pytest.fixture
def teller(database: Database) -> Iterator[Teller]:
    site = open_shop(database)
    with database.writing() as session:
        yield Teller(session, session.merge(site))


def visits(teller: Teller, *days_before: float) -> list[Visit]:
    """Of one visitor, each with its touch."""
    visitor = teller.visitor(NOON - timedelta(days=max(days_before)))
    return [teller.visit(visitor, NOON - timedelta(days=days)) for days in days_before]


def credits_of(session: Session, call: Call) -> list[Credit]:
    wanted = select(Credit).where(Credit.call_id == call.id)
    asked = wanted.order_by(Credit.model, Credit.position)
    return list(session.scalars(asked.execution_options(populate_existing=True)))


def sums(found: list[Credit]) -> dict[str, tuple[int, int]]:
    """Of shares and values, by model."""
    total: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for credit in found:
        share, value = total[credit.model]
        total[credit.model] = share + credit.share, value + credit.value
    return dict(total)


def touch_of(teller: Teller, visit: Visit) -> str:
    return teller.session.scalars(select(Touch.id).where(Touch.visit_id == visit.id)).one()


@pytest.mark.parametrize("value", [0, 1, 2, 100, 149_901, 10**15 + 1])
def test_under_each_model_the_parts_are_the_whole(teller: Teller, value: int) -> None:
    call = teller.call(NOON, visits(teller, 30, 12, 5, 1, 0)[-1])
    teller.outcome(call, WON, value)
    assert sums(credits_of(teller.session, call)) == {
        model.value: (MILLION, value) for model in Model
    }


def test_touches_of_earlier_visits_count(teller: Teller) -> None:
    first, second = visits(teller, 20, 0)
    call = teller.call(NOON, second)
    by_model = {c.model: c.touch_id for c in credits_of(teller.session, call)}
    assert by_model["first_touch"] == touch_of(teller, first)
    assert by_model["last_touch"] == touch_of(teller, second)


def test_a_direct_return_leaves_the_credit_where_it_was(teller: Teller) -> None:
    (paid,) = visits(teller, 3)
    visitor = teller.visitor(NOON)
    paid.visitor_id = visitor.id
    teller.session.scalars(select(Touch)).one().visitor_id = visitor.id
    direct = teller.visit(visitor, NOON - timedelta(hours=1), DIRECT)
    call = teller.call(NOON, direct)
    by_model = {c.model: c.touch_id for c in credits_of(teller.session, call)}
    assert by_model["last_non_direct"] == touch_of(teller, paid)
    assert by_model["last_touch"] == touch_of(teller, direct)


def test_a_click_after_the_ring_did_not_lead_to_the_call(teller: Teller) -> None:
    before, after = visits(teller, 1, -1)
    call = teller.call(NOON, before)
    teller.outcome(call, WON, 500)
    touches = {credit.touch_id for credit in credits_of(teller.session, call)}
    assert touches == {touch_of(teller, before)}
    assert touch_of(teller, after) not in touches


def test_how_far_to_look_back_is_the_sites_to_say(teller: Teller) -> None:
    old, new = visits(teller, 10, 1)
    call = teller.call(NOON, new)
    assert touch_of(teller, old) in {c.touch_id for c in credits_of(teller.session, call)}
    teller.site.lookback_days = 9
    attribute_call(*locked(teller.session, call.id))
    assert {c.touch_id for c in credits_of(teller.session, call)} == {touch_of(teller, new)}


def test_a_call_that_nobody_clicked_for_is_credited_to_nobody(teller: Teller) -> None:
    call = teller.call(NOON)
    teller.outcome(call, WON, 777)
    found = credits_of(teller.session, call)
    assert {(c.touch_id, c.share, c.value) for c in found} == {(None, MILLION, 777)}
    assert len(found) == len(Model)


def test_only_what_was_won_converts_and_its_value_may_be_unknown(teller: Teller) -> None:
    call = teller.call(NOON, visits(teller, 2)[0])
    states = []
    for disposition, value in [(LOST, 900), (WON, None), (WON, 900)]:
        teller.outcome(call, disposition, value)
        found = credits_of(teller.session, call)
        states.append((found[0].converted, sums(found)["linear"]))
    assert states == [(False, (MILLION, 0)), (True, (MILLION, 0)), (True, (MILLION, 900))]


def test_a_correction_replaces_what_was_credited_and_adds_nothing(teller: Teller) -> None:
    call = teller.call(NOON, visits(teller, 9, 4, 0)[-1])
    numbers = []
    for value in (100, 350, 7):
        teller.outcome(call, WON, value)
        found = credits_of(teller.session, call)
        assert set(sums(found).values()) == {(MILLION, value)}
        numbers.append(len(found))
    assert len(set(numbers)) == 1


def test_values_are_in_the_currency_of_the_outcome_and_else_of_the_site(teller: Teller) -> None:
    call = teller.call(NOON, visits(teller, 1)[0])
    assert {c.currency for c in credits_of(teller.session, call)} == {"GBP"}
    teller.outcome(call, WON, 100, currency="JPY")
    assert {c.currency for c in credits_of(teller.session, call)} == {"JPY"}


def test_a_call_is_attributed_once_when_it_ends(database: Database, database_url: str) -> None:
    with service(database, database_url, shop(9)) as here:
        line, stranger = Line(here, here.shown()), Line(here, "+442079460555")
        for each in (line, stranger):
            each.ring()
        assert here.rows(Credit) == []
        line.over()
        stranger.over()
        found = here.rows(Credit)
        assert {(c.call_id, c.share) for c in found} == {(here.call(line).id, MILLION)}
        assert len(found) == len(Model)
        line.over("completed", 61)
        assert len(here.rows(Credit)) == len(Model)


def test_of_a_shared_number_the_call_is_nobodys(database: Database, database_url: str) -> None:
    with service(database, database_url, shop(1)) as here:
        for _ in range(3):
            here.shown()
        line = Line(here, OVERFLOW)
        line.ring()
        line.over()
        assert {credit.touch_id for credit in here.rows(Credit)} == {None}
