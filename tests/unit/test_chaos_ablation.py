"""A net that was never off must be noticed: each is shown what gives it away."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from callweave.simulator.books import Figures
from callweave.simulator.ledger import FallbackAsked, LedgerCall
from callweave.simulator.line import NumberConfig
from chaos.ablation import Uses, not_switched, uses
from chaos.nets import ALL_NETS, Net, Nets
from chaos.rows import Rows
from chaos.trouble import Trouble
from chaos_stand_in import DIAL, RING, SID, START, StandIn, stand_in

ROWS = Rows(
    figures=Figures([], []), calls={}, legs={}, leases=[], held={}, repairs=[], told=[],
    reports={}, aside={}, credits=[], repaired_at={},
)  # fmt: skip
NOTHING: Uses = dict.fromkeys(Net, 0)
EVERYTHING: Uses = dict.fromkeys(Net, 7)
WELL = {net: {**EVERYTHING, net: 0} for net in Net}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def asked(service: StandIn) -> Uses:
    way = service.way()
    way.ask(RING, "POST", {"CallSid": SID})
    return uses([], ROWS, [way])


def called(*entries: FallbackAsked) -> list[LedgerCall]:
    return [LedgerCall(SID, "+447700900001", "+442079460101", START, entries)]


def test_nets_that_were_off_in_turn_and_used_otherwise_are_well() -> None:
    assert list(not_switched(WELL)) == []


@pytest.mark.parametrize("net", Net)
def test_a_net_that_was_used_in_the_run_without_it_was_never_off(net: Net) -> None:
    assert list(not_switched({**WELL, net: EVERYTHING})) == [
        f"{net} was never off: used 7 times in the run without it"
    ]


@pytest.mark.parametrize("net", Net)
def test_of_a_net_that_no_run_used_nobody_knows_whether_it_was_off(net: Net) -> None:
    unused = {away: {**without, net: 0} for away, without in WELL.items()}
    assert list(not_switched(unused)) == [
        f"{net} was never used in any run: whether it was off cannot be seen"
    ]


def test_a_repair_shows_the_reconciler() -> None:
    repaired = replace(ROWS, repairs=[(SID, "end_missing")])
    assert uses([], repaired, []) == {**NOTHING, Net.RECONCILER: 1}


def test_a_call_whose_fallback_was_asked_shows_the_fallback() -> None:
    ledger = called(FallbackAsked(1, 11200, "u"))
    assert uses(ledger, ROWS, []) == {**NOTHING, Net.FALLBACK: 1}


def test_a_number_that_names_a_fallback_shows_it_though_nobody_needed_it() -> None:
    numbers = [NumberConfig("https://x/ring", "https://x/fallback"), NumberConfig("https://x/ring")]
    assert uses(called(), ROWS, [], numbers) == {**NOTHING, Net.FALLBACK: 1}


@pytest.mark.parametrize(("nets", "times"), [(ALL_NETS, 1), (Nets.without([Net.RETRY]), 0)])
def test_a_second_try_shows_the_retry(stack: ExitStack, nets: Nets, times: int) -> None:
    service = stack.enter_context(stand_in(nets))
    service.status = 503
    assert asked(service) == {**NOTHING, Net.RETRY: times}


def test_a_request_that_is_kept_aside_shows_the_spool(stack: ExitStack) -> None:
    service = stack.enter_context(stand_in())
    service.struck, service.keeps = Trouble.DOWN, True
    assert asked(service) == {**NOTHING, Net.SPOOL: 1}


def test_a_phone_that_rings_while_the_database_is_away_shows_the_memory(stack: ExitStack) -> None:
    service = stack.enter_context(stand_in())
    service.struck, service.body = Trouble.DOWN, DIAL
    assert asked(service) == {**NOTHING, Net.MEMORY: 1}


def test_a_phone_that_rings_while_all_is_well_shows_nothing(stack: ExitStack) -> None:
    service = stack.enter_context(stand_in())
    service.body = DIAL
    assert asked(service) == NOTHING
