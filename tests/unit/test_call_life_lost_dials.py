"""Dials whose end was never reported, and is known from the request for the fallback."""

import pytest

from call_reports import (
    ANNA_HEARS_WHISPER,
    ANNA_PICKED_UP,
    MESSAGE,
    OVER,
    RANG,
    RINGS_ANNA,
    RINGS_BEN,
    TALKED_TO_ANNA,
    at,
)
from callweave.domain.calls import (
    FALLBACK_LEG,
    Dialled,
    DialLost,
    FellBack,
    LegResult,
    LegState,
    LegStatus,
    Report,
    Result,
    State,
    Status,
    follow,
)

ANNAS_DIAL_LOST = FellBack(at(69), 11200, DialLost("anna", at(69)))


def test_what_failed_counts_as_if_it_had_arrived() -> None:
    lost = FellBack(at(69), 11200, TALKED_TO_ANNA)
    known = follow([RANG, RINGS_ANNA, ANNA_HEARS_WHISPER, lost])
    assert (known.state, known.result, known.talk_s) == (State.ENDED, Result.ANSWERED, 60)
    assert known.fell_back


def test_a_dial_that_was_lost_ends_its_leg_and_not_the_call() -> None:
    life = follow([RANG, RINGS_ANNA, ANNAS_DIAL_LOST])
    assert (life.state, life.legs[0].state, life.legs[0].ended_at) == (
        State.RINGING,
        LegState.ENDED,
        at(69),
    )
    assert life.legs[0].result is None  # nobody told how


@pytest.mark.parametrize("picked_up", [ANNA_PICKED_UP, ANNA_HEARS_WHISPER])
def test_who_picked_up_is_presumed_to_have_talked(picked_up: Report) -> None:
    life = follow([RANG, RINGS_ANNA, picked_up, ANNAS_DIAL_LOST])
    assert (life.state, life.legs[0].result) == (State.TALKING, LegResult.TALKED)
    ended = follow([RANG, RINGS_ANNA, picked_up, ANNAS_DIAL_LOST, OVER])
    assert ended.result is Result.ANSWERED


def anna_hung_up_after(seconds: int) -> LegStatus:
    return LegStatus("anna", Status.COMPLETED, at(69), duration_s=seconds)


def test_a_leg_that_was_up_for_longer_than_any_whisper_talked() -> None:
    told: list[Report] = [
        RANG,
        RINGS_ANNA,
        ANNA_HEARS_WHISPER,
        anna_hung_up_after(61),
        ANNAS_DIAL_LOST,
    ]
    life = follow(told)
    assert (life.state, life.result, life.talk_s) == (State.ENDED, Result.ANSWERED, 61)
    assert follow([*told, MESSAGE]).result is Result.ANSWERED


def test_a_shorter_one_may_have_heard_the_whisper_alone() -> None:
    told: list[Report] = [
        RANG,
        RINGS_ANNA,
        ANNA_HEARS_WHISPER,
        anna_hung_up_after(60),
        ANNAS_DIAL_LOST,
    ]
    assert follow(told).state is State.TALKING
    assert follow([*told, MESSAGE]).result is Result.VOICEMAIL


@pytest.mark.parametrize("after", [RINGS_BEN, MESSAGE])
def test_what_came_after_it_speaks_against_a_talk(after: Report) -> None:
    life = follow([RANG, RINGS_ANNA, ANNA_PICKED_UP, ANNAS_DIAL_LOST, after])
    assert life.legs[0].result is LegResult.NOT_JOINED


def test_the_dials_own_report_says_it_better_whenever_it_comes() -> None:
    life = follow([TALKED_TO_ANNA, ANNAS_DIAL_LOST, RANG])
    assert (life.state, life.result, life.ended_at) == (State.ENDED, Result.ANSWERED, at(69))


def test_a_message_that_only_the_fallback_tells_of_is_a_message() -> None:
    life = follow([RANG, FellBack(at(56), 11200, MESSAGE), OVER])
    assert (life.result, life.voicemail) == (Result.VOICEMAIL, MESSAGE)


def test_where_the_fallbacks_leg_rang_the_call_fell_back() -> None:
    assert follow([RANG, Dialled(FALLBACK_LEG, Status.BUSY, at(9))]).fell_back
    assert not follow([RANG, Dialled("1", Status.BUSY, at(9))]).fell_back
