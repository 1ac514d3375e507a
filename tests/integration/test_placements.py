"""Numbers that stand for a source: in print, shown to everybody of one source, or nowhere."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from callweave.domain.attribution import Model
from callweave.domain.leases.pools import Kind, Origin, PoolRules
from callweave.domain.visits.channels import Channel
from callweave.storage import followed
from callweave.storage.calls import Call
from callweave.storage.database import Database
from callweave.storage.numbers import Pool
from callweave.storage.outcomes import Credit
from callweave.storage.reports.calls import Wanted, call_lines
from callweave.storage.reports.scope import Scope
from callweave.storage.visits import Touch
from callweave.workflows.attribute_call import attribute_call
from callweave.workflows.set_up_site import PoolSetUp
from service import Line, Service, service
from shops import PLAN, shop

VAN, NEWS, PROBE = "+442079460301", "+442079460302", "+442079460303"
VANMAN = "+441614960155"
ON_A_VAN = Origin(Channel.DISPLAY, "van", "print", "autumn")
LETTER = Origin(Channel.EMAIL, "newsletter", "email", None)
POOLS = (
    *shop().pools,
    PoolSetUp("van", 1800, (VAN,), None, PoolRules(Kind.PLACEMENT, origin=ON_A_VAN)),
    PoolSetUp(
        "letter",
        1800,
        (NEWS,),
        None,
        PoolRules(Kind.SOURCE, "main", {"sources": ["newsletter"]}, origin=LETTER),
    ),
    PoolSetUp("probes", 1800, (PROBE,), None, PoolRules(Kind.UNSHOWN)),
)


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    with service(database, database_url, replace(shop(), pools=POOLS)) as here:
        yield here


def rung(here: Service, number: str) -> Call:
    line = Line(here, number)
    line.ring()
    line.over()
    return here.call(line)


def credited(here: Service) -> dict[str, tuple[str, str, str] | None]:
    touches = {touch.id: touch for touch in here.rows(Touch)}
    found = {credit.model: touches.get(credit.touch_id) for credit in here.rows(Credit)}
    return {m: (t.channel, t.source, t.medium) if t else None for m, t in found.items()}


def test_a_call_to_a_placement_has_its_source_and_gives_it_the_credit(here: Service) -> None:
    call = rung(here, VAN)
    assert (call.match_status, call.visitor_id) == ("unknown", None)
    assert (call.channel, call.source, call.campaign) == ("Display", "van", "autumn")
    assert credited(here) == dict.fromkeys(Model, ("Display", "van", "print"))


def test_a_late_sale_counts_for_what_the_placement_was_when_it_rang(here: Service) -> None:
    call = rung(here, VAN)
    with here.database.writing() as session:
        session.query(Pool).filter_by(name="van").one().source = "bus"
    with here.database.hot() as tx:
        locked = followed.lock_by_id(tx, call.id)
        assert locked
        attribute_call(tx, locked)
    assert credited(here) == dict.fromkeys(Model, ("Display", "van", "print"))


def test_a_call_that_the_fallback_answered_counts_as_well(here: Service) -> None:
    line = Line(here, VAN)
    line.dialled(0, "completed", talked_s=30)
    line.ring()
    line.over()
    assert len(here.rows(Touch)) == 1
    assert credited(here) == dict.fromkeys(Model, ("Display", "van", "print"))


def test_of_several_who_saw_a_source_number_the_source_gets_the_credit(here: Service) -> None:
    for _ in range(2):
        assert here.shown("/?utm_source=newsletter&utm_medium=email&utm_campaign=may") == NEWS
    call = rung(here, NEWS)
    assert (call.match_status, call.source, len(call.candidates)) == ("shared", "newsletter", 2)
    assert credited(here) == dict.fromkeys(Model, ("Email", "newsletter", "email"))
    assert {touch.campaign for touch in here.rows(Touch) if touch.visit_id is None} == {None}


def test_the_only_one_who_saw_a_source_number_has_their_own_touch(here: Service) -> None:
    here.shown("/?utm_source=newsletter&utm_medium=email&utm_campaign=may")
    call = rung(here, NEWS)
    assert (call.match_status, call.campaign) == ("exclusive", "may")
    assert [touch.visit_id for touch in here.rows(Touch)] == [call.visit_id]


def test_a_plan_may_ask_for_the_channel_of_a_number_in_print(
    database: Database, database_url: str
) -> None:
    rule = {"name": "van", "when": {"source": "van"}, "targets": [{"destination": VANMAN}]}
    plan = {**PLAN, "rules": [rule]}
    with service(database, database_url, replace(shop(), pools=POOLS, plan=plan)) as here:
        assert Line(here, VAN).ring() == f"dial {VANMAN}"


def test_a_call_to_a_number_that_nobody_was_shown_is_a_spam_probe(here: Service) -> None:
    rung(here, PROBE)
    with here.database.reading() as session:
        scope = Scope(here.calls()[0].account_id or "", None, *[here.clock().date()] * 2)
        lines = call_lines(session, Wanted(scope), 10)
    assert [line.is_spam_probe for line in lines] == [True]
    assert credited(here) == dict.fromkeys(Model, None)
