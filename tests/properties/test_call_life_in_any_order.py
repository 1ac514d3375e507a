from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from callweave.domain.calls import FellBack, Report, State, follow
from drawn_reports import RING, any_reports


def later(report: Report, late: timedelta) -> Report:
    """The same, sent again: whatever it says happened, it says of a later time."""
    if isinstance(report, FellBack) and report.instead:
        again = replace(report.instead, at=report.instead.at + late)
        return replace(report, at=report.at + late, instead=again)
    return replace(report, at=report.at + late)


@given(any_reports.flatmap(lambda kept: st.tuples(st.just(kept), st.permutations(kept))))
def test_every_order_of_the_reports_tells_the_same_life(
    orders: tuple[list[Report], list[Report]],
) -> None:
    kept, shuffled = orders
    assert follow(shuffled) == follow(kept)


@given(any_reports, any_reports)
def test_an_ended_call_stays_ended_whatever_comes(kept: list[Report], more: list[Report]) -> None:
    if follow(kept).state is State.ENDED:
        assert follow([*kept, *more]).state is State.ENDED


@given(any_reports, st.data())
def test_a_report_that_comes_again_later_changes_nothing(
    kept: list[Report], data: st.DataObject
) -> None:
    kept = [RING, *kept]
    late = timedelta(seconds=data.draw(st.integers(0, 90_000)))
    again = data.draw(st.lists(st.sampled_from(kept)))
    assert follow([*kept, *(later(r, late) for r in again)]) == follow(kept)


@given(any_reports)
def test_a_call_has_a_result_exactly_when_it_has_ended(kept: list[Report]) -> None:
    life = follow(kept)
    assert (life.result is not None) == (life.state is State.ENDED) == (life.ended_at is not None)
    assert (life.ring_s or 0) >= 0
