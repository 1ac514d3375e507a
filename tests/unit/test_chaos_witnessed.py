"""What can only be seen while a chaos runs: each such rule is shown what it forbids."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from callweave.simulator.carrier import Account, Carrier
from callweave.simulator.ledger import LedgerCall
from callweave.simulator.people import AddressBook
from callweave.simulator.visitors import draw_journey
from chaos.faults import STORM
from chaos.people import Crowd, Journey
from chaos.service import ACCOUNT
from chaos.tidings import Acknowledged, Tidings
from chaos.trouble import Trouble
from chaos.virtual import LONG, Plan, _never_struck
from chaos_stand_in import DIAL, RING, SID, START, StandIn, stand_in

FORM = {"CallSid": SID, "CallStatus": "ringing"}
CALL = LedgerCall(SID, "+447700900001", "+442079460101", START, over=True)
HELD = (
    f"INSERT INTO calls VALUES ('ca_1', '{SID}', 'ringing')",
    "INSERT INTO legs VALUES ('ca_1', 1, 'ag_1')",
    "INSERT INTO agents VALUES ('ag_1', 'Ana', 'ca_1')",
)
SHOWN = b'{"visitor": "v", "visit": %s, "numbers": [{"e164": "+44", "assignment": "default"}]}'


@pytest.fixture
def service() -> Iterator[StandIn]:
    with stand_in() as found:
        yield found


def journey(service: StandIn) -> Journey:
    carrier = Carrier(Account(ACCOUNT, "5" * 32), {}, AddressBook({}))
    crowd = Crowd(service.service, carrier, "st_1", "key", 1, replace(STORM, database=0))
    crowd.ways[SID] = service.way()
    return Journey(crowd, replace(draw_journey(1, 1), consent="granted"))


def look_at_a_page(service: StandIn) -> None:
    visitor = journey(service)
    visitor._announce(visitor.plan.visits[0].pages[0], "https://shop.example/", "")


def test_a_question_that_is_answered_as_before_breaks_nothing(service: StandIn) -> None:
    way = service.way()
    for _ in range(2):
        way.ask(RING, "POST", FORM)
    assert service.witnessed == []


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_signed_request_that_is_not_answered_is_refused(service: StandIn, status: int) -> None:
    service.status, service.struck = status, Trouble.DOWN
    service.way().ask(RING, "POST", FORM)
    assert set(service.witnessed) == {"refused"}


def test_a_repeat_that_is_answered_otherwise_is_found(service: StandIn) -> None:
    way = service.way()
    way.ask(RING, "POST", FORM)
    service.body = DIAL
    way.ask(RING, "POST", FORM)
    assert service.witnessed == ["repeats"]


def test_an_answer_that_takes_longer_than_its_budget_is_slow(service: StandIn) -> None:
    service.struck, service.waited = Trouble.SLOW, 2.6
    service.way().ask(RING, "POST", FORM)
    assert service.witnessed == ["slow"]


def test_what_is_kept_aside_though_the_books_could_have_it_is_found(service: StandIn) -> None:
    service.keeps = True
    service.way().ask(RING, "POST", FORM)
    assert service.witnessed == ["kept aside"]


def test_what_is_kept_aside_while_the_database_is_away_is_not(service: StandIn) -> None:
    service.keeps, service.struck = True, Trouble.DOWN
    service.way().ask(RING, "POST", FORM)
    assert service.witnessed == []


@pytest.mark.parametrize(("status", "rules"), [(200, {"forged"}), (403, set())])
def test_a_forged_request_has_to_be_turned_away(
    service: StandIn, status: int, rules: set[str]
) -> None:
    service.status = status
    service.way()._forge(RING, FORM)
    assert set(service.witnessed) == rules


@pytest.mark.parametrize(
    ("state", "rules"), [(None, ["terminal"]), ("ringing", ["terminal"]), ("ended", [])]
)
def test_a_call_has_to_be_over_in_the_books_ten_minutes_after_its_end(
    service: StandIn, state: str | None, rules: list[str]
) -> None:
    if state:
        service.tables_hold(f"INSERT INTO calls VALUES ('ca_1', '{SID}', '{state}')")
    service.service.call_ended(CALL)
    service.service.scheduler.run()
    assert service.witnessed == rules


@pytest.mark.parametrize(
    ("later", "rules"),
    [
        ((), ["freed"]),
        (("UPDATE agents SET call_id = NULL",), []),
        (("INSERT INTO legs VALUES ('ca_1', 2, 'ag_1')",), []),  # held for that one
    ],
)
def test_an_agent_has_to_be_free_soon_after_the_end_of_their_leg(
    service: StandIn, later: tuple[str, ...], rules: list[str]
) -> None:
    service.tables_hold(*HELD, *later)
    service.service.leg_ended(SID, "1")
    service.service.scheduler.run()
    assert service.witnessed == rules


def test_what_work_raises_though_nothing_had_struck_it_is_unforeseen(service: StandIn) -> None:
    def fails() -> None:
        raise ValueError

    def is_struck() -> None:
        service.service.switch.struck = Trouble.DOWN
        raise ValueError

    service.service.behind(is_struck)
    assert service.witnessed == []
    service.service.behind(fails)
    assert service.witnessed == ["unforeseen"]


@pytest.mark.parametrize(
    ("status", "body", "rules"),
    [
        (404, b"", ["visits"]),
        (500, b"", ["refused", "visits"]),
        (200, SHOWN % b"null", ["visits"]),
        (200, SHOWN % b'"vs_1"', []),
    ],
)
def test_a_visitor_has_to_be_told_of_a_visit(
    service: StandIn, status: int, body: bytes, rules: list[str]
) -> None:
    service.status, service.body = status, body
    look_at_a_page(service)
    assert service.witnessed == rules


def test_a_visitor_without_a_visit_is_excused_by_the_database_alone(service: StandIn) -> None:
    service.body, service.struck = SHOWN % b"null", Trouble.DOWN
    look_at_a_page(service)
    assert service.witnessed == []


@pytest.mark.parametrize(
    ("status", "aside", "rules"),
    [
        (404, False, ["outcomes"]),
        (404, True, []),
        (403, True, ["outcomes"]),
        (503, False, []),
        (200, False, []),
    ],
)
def test_an_outcome_of_a_call_that_was_told_of_has_to_be_taken(
    service: StandIn,
    status: int,
    rules: list[str],
    *,
    aside: bool,
) -> None:
    visitor = journey(service)
    visitor.crowd.ways[SID].heard.append(Acknowledged(Tidings("ring", None, "ringing"), 0, aside))
    visitor._expect_known(SID, status)
    assert service.witnessed == rules


def test_a_fault_that_never_strikes_in_a_long_run_is_found(service: StandIn) -> None:
    plan, kinds = Plan(LONG, 1, STORM), list(STORM.kinds())
    found = list(_never_struck(plan, service.service))
    assert [(breach.rule, breach.about) for breach in found] == [("weather", k) for k in kinds]
    service.service.struck.update(kinds)
    assert list(_never_struck(plan, service.service)) == []
    del service.service.struck[kinds[0]]
    assert [each.about for each in _never_struck(plan, service.service)] == kinds[:1]
    assert list(_never_struck(replace(plan, calls=LONG - 1), service.service)) == []
