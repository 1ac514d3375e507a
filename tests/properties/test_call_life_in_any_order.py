from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from callweave.domain.calls import (
    CallStatus,
    Dialled,
    FellBack,
    LegStatus,
    Report,
    Ring,
    State,
    Status,
    Voicemail,
    Whispered,
    follow,
)

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
RING = Ring(START)

legs = st.sampled_from(["anna", "ben", "cleo"])
statuses = st.sampled_from(Status)
# few seconds, so that many reports share one
times = st.integers(0, 9).map(lambda s: START + timedelta(seconds=s))
seconds = st.none() | st.integers(0, 600)

any_report: st.SearchStrategy[Report] = st.one_of(
    st.builds(Ring, times),
    st.builds(LegStatus, legs, statuses, times, st.none() | st.integers(0, 4), seconds),
    st.builds(Whispered, legs, times),
    st.builds(
        Dialled, legs, statuses, times, st.none() | st.booleans(), seconds, st.none() | statuses
    ),
    st.builds(CallStatus, statuses, times, seconds),
    st.builds(Voicemail, st.sampled_from(["RE1", "RE2"]), st.just("https://a"), seconds, times),
    st.builds(FellBack, times, st.none() | st.just(11200)),
)
any_reports = st.lists(any_report, max_size=12)


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
    assert follow([*kept, *(replace(r, at=r.at + late) for r in again)]) == follow(kept)


@given(any_reports)
def test_a_call_has_a_result_exactly_when_it_has_ended(kept: list[Report]) -> None:
    life = follow(kept)
    assert (life.result is not None) == (life.state is State.ENDED) == (life.ended_at is not None)
    assert (life.ring_s or 0) >= 0
