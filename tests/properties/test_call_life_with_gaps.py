"""Calls as they really went, and what is still known when some of their reports are lost."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from callweave.domain.calls import (
    CallStatus,
    Dialled,
    LegResult,
    LegStatus,
    Report,
    Result,
    Ring,
    Status,
    Voicemail,
    Whispered,
    follow,
)

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Attempt:
    """A leg as it went: `completed` and not bridged is an agent who declined."""

    status: Status
    bridged: bool
    length_s: int

    @property
    def result(self) -> LegResult:
        if self.bridged:
            return LegResult.TALKED
        if self.status is Status.COMPLETED:
            return LegResult.NOT_JOINED
        return LegResult(self.status.value.replace("-", "_"))

    def reports(self, leg: str, begin: datetime) -> list[Report]:
        told: list[Report] = [
            LegStatus(leg, Status.INITIATED, begin, 0),
            LegStatus(leg, Status.RINGING, begin + timedelta(seconds=1), 1),
        ]
        pick_up = begin + timedelta(seconds=5)
        if self.status is not Status.COMPLETED:
            told.append(LegStatus(leg, self.status, pick_up, 2))
            told.append(Dialled(leg, self.status, pick_up, bridged=False))
            return told
        end = pick_up + timedelta(seconds=self.length_s)
        told += [LegStatus(leg, Status.IN_PROGRESS, pick_up, 2), Whispered(leg, pick_up)]
        told.append(LegStatus(leg, Status.COMPLETED, end, 3, self.length_s))
        told.append(Dialled(leg, Status.COMPLETED, end, self.bridged, self.length_s))
        return told


@dataclass(frozen=True)
class Call:
    attempts: tuple[Attempt, ...]
    leaves_message: bool

    @property
    def talk(self) -> Attempt | None:
        return next((attempt for attempt in self.attempts if attempt.bridged), None)

    @property
    def result(self) -> Result:
        if self.talk:
            return Result.ANSWERED
        return Result.VOICEMAIL if self.leaves_message else Result.MISSED

    @property
    def reports(self) -> list[Report]:
        end = START + timedelta(hours=1)
        told: list[Report] = [Ring(START), CallStatus(Status.COMPLETED, end, 3600)]
        for place, attempt in enumerate(self.attempts):
            told += attempt.reports(f"leg{place}", START + timedelta(minutes=10 * place))
        if self.leaves_message and not self.talk:
            told.append(Voicemail("RE1", "https://api.example/RE1", 9, end))
        return told


failed = st.builds(
    Attempt,
    status=st.sampled_from([Status.BUSY, Status.NO_ANSWER, Status.FAILED, Status.COMPLETED]),
    bridged=st.just(value=False),
    length_s=st.integers(1, 20),
)
talks = st.builds(
    Attempt,
    status=st.just(Status.COMPLETED),
    bridged=st.just(value=True),
    length_s=st.integers(1, 500),
)
talked_calls = st.builds(
    lambda before, talk: Call((*before, talk), leaves_message=False),
    st.lists(failed, max_size=3),
    talks,
)
untalked_calls = st.builds(
    lambda attempts, leaves_message: Call(tuple(attempts), leaves_message),
    st.lists(failed, max_size=4),
    st.booleans(),
)


def arrivals(reports: list[Report]) -> st.SearchStrategy[list[Report]]:
    """In any order, some of them twice."""
    doubled = st.lists(st.sampled_from(reports), max_size=5)
    return doubled.flatmap(lambda again: st.permutations([*reports, *again]))


@given(talked_calls | untalked_calls, st.data())
def test_all_reports_in_any_order_tell_how_the_call_really_went(
    call: Call, data: st.DataObject
) -> None:
    life = follow(data.draw(arrivals(call.reports)))
    assert life.result is call.result
    assert life.talk_s == (call.talk.length_s if call.talk else None)
    assert tuple(leg.result for leg in life.legs) == tuple(a.result for a in call.attempts)


@given(talked_calls | untalked_calls, st.data())
def test_reports_that_come_again_later_change_nothing(call: Call, data: st.DataObject) -> None:
    late = timedelta(seconds=data.draw(st.integers(1, 90_000)))
    again = data.draw(st.lists(st.sampled_from(call.reports), min_size=1))
    repeated = [replace(report, at=report.at + late) for report in again]
    assert follow([*call.reports, *repeated]) == follow(call.reports)


@given(talked_calls, st.data())
def test_a_talk_is_known_from_its_dial_whatever_else_is_lost(
    call: Call, data: st.DataObject
) -> None:
    dial = next(r for r in call.reports if isinstance(r, Dialled) and r.bridged)
    left = data.draw(st.lists(st.sampled_from(call.reports)))
    life = follow([*left, dial])
    assert (life.result, life.talk_s) == (Result.ANSWERED, dial.duration_s)


@given(talked_calls)
def test_a_talk_is_found_when_every_dial_report_is_lost(call: Call) -> None:
    life = follow(r for r in call.reports if not isinstance(r, Dialled))
    assert (life.result, life.legs[-1].result) == (Result.ANSWERED, LegResult.TALKED)


@given(untalked_calls, st.data())
def test_no_talk_is_made_up_while_the_dials_are_reported(call: Call, data: st.DataObject) -> None:
    needed = [r for r in call.reports if isinstance(r, Dialled | Voicemail | CallStatus)]
    left = data.draw(st.lists(st.sampled_from(call.reports)))
    assert follow([*left, *needed]).result is call.result
