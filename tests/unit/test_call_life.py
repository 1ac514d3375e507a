from dataclasses import replace

import pytest

from call_reports import (
    ANNA_BUSY,
    ANNA_DECLINED,
    ANNA_HEARS_WHISPER,
    ANNA_HUNG_UP,
    ANNA_PICKED_UP,
    BEN_DID_NOT_ANSWER,
    MESSAGE,
    OVER,
    RANG,
    RINGS_ANNA,
    RINGS_BEN,
    TALKED_TO_ANNA,
    at,
)
from callweave.domain.calls import (
    CallStatus,
    Dialled,
    FellBack,
    LegResult,
    LegState,
    LegStatus,
    Report,
    Result,
    State,
    Status,
    Voicemail,
    follow,
)


@pytest.mark.parametrize(
    "reports",
    [
        [],
        [RANG],
        [RANG, RINGS_ANNA],
        [RANG, RINGS_ANNA, LegStatus("anna", Status.BUSY, at(3))],
        [RANG, RINGS_ANNA, ANNA_BUSY],
        [RANG, CallStatus(Status.IN_PROGRESS, at(1))],
        [RANG, FellBack(at(2), 11200)],
    ],
)
def test_a_call_that_nobody_has_picked_up_is_ringing(reports: list[Report]) -> None:
    life = follow(reports)
    assert (life.state, life.result, life.ended_by) == (State.RINGING, None, None)
    assert (life.answered_at, life.ended_at, life.ring_s) == (None, None, None)


@pytest.mark.parametrize("picked_up", [ANNA_PICKED_UP, ANNA_HEARS_WHISPER])
def test_a_leg_that_was_picked_up_is_presumed_to_talk(picked_up: Report) -> None:
    reports: list[Report] = [RANG, RINGS_ANNA, picked_up]
    life = follow(reports)
    assert (life.state, life.answered_at, life.ring_s) == (State.TALKING, at(8), 8)
    assert (life.legs[0].state, life.legs[0].bridged) == (LegState.PICKED_UP, None)


def test_an_agent_who_hangs_up_during_the_whisper_has_not_talked() -> None:
    life = follow([RANG, RINGS_ANNA, ANNA_PICKED_UP, ANNA_HEARS_WHISPER, ANNA_DECLINED])
    assert (life.state, life.answered_at, life.talk_s) == (State.RINGING, None, None)
    assert (life.legs[0].state, life.legs[0].result) == (LegState.ENDED, LegResult.NOT_JOINED)


def test_the_next_leg_shows_that_the_one_before_did_not_talk() -> None:
    reports: list[Report] = [RANG, RINGS_ANNA, ANNA_PICKED_UP, RINGS_BEN]
    assert follow(reports).state is State.RINGING


def test_a_voicemail_shows_that_nobody_talked() -> None:
    life = follow([RANG, ANNA_PICKED_UP, ANNA_HUNG_UP, MESSAGE])
    assert (life.result, life.voicemail, life.talk_s) == (Result.VOICEMAIL, MESSAGE, None)


@pytest.mark.parametrize("word", [Status.NO_ANSWER, Status.CANCELED, Status.BUSY, Status.FAILED])
def test_a_call_that_was_never_answered_had_no_talk_to_presume(word: Status) -> None:
    life = follow([RANG, ANNA_PICKED_UP, CallStatus(word, at(20))])
    assert (life.state, life.result) == (State.ENDED, Result.MISSED)


def test_a_talk_is_known_from_the_dial_alone() -> None:
    life = follow([TALKED_TO_ANNA])
    assert (life.state, life.result, life.talk_s) == (State.ENDED, Result.ANSWERED, 60)
    assert (life.answered_at, life.ended_at, life.ring_s) == (at(9), at(69), None)


@pytest.mark.parametrize(
    ("reported", "talk_s"), [(ANNA_PICKED_UP, None), (ANNA_HUNG_UP, 60), (ANNA_HEARS_WHISPER, None)]
)
def test_a_talk_whose_dial_was_never_reported_is_presumed_when_the_call_is_over(
    reported: Report, talk_s: int | None
) -> None:
    life = follow([RANG, reported, OVER])
    assert (life.result, life.talk_s, life.legs[0].bridged) == (Result.ANSWERED, talk_s, None)
    assert life.legs[0].result is LegResult.TALKED


@pytest.mark.parametrize(
    ("status", "duration_s", "result"),
    [
        (Status.COMPLETED, 12, Result.ANSWERED),
        (Status.ANSWERED, 12, Result.ANSWERED),
        (Status.COMPLETED, 0, Result.MISSED),
        (Status.NO_ANSWER, 12, Result.MISSED),
        (Status.CANCELED, None, Result.MISSED),
    ],
)
def test_without_dial_bridged_a_completed_dial_with_a_length_is_a_talk(
    status: Status, duration_s: int | None, result: Result
) -> None:
    dialled = Dialled("anna", status, at(20), bridged=None, duration_s=duration_s)
    assert follow([RANG, ANNA_PICKED_UP, dialled, OVER]).result is result


def test_a_dial_that_tells_nothing_leaves_the_word_to_the_leg() -> None:
    """The carrier leaves out how long, for instance where the agent was sent on."""
    silent = Dialled("anna", Status.COMPLETED, at(220), bridged=None, duration_s=None)
    long_talk = LegStatus("anna", Status.COMPLETED, at(219), duration_s=211)
    assert follow([RANG, ANNA_PICKED_UP, silent]).state is State.TALKING
    life = follow([RANG, ANNA_PICKED_UP, long_talk, silent])
    assert (life.state, life.result, life.talk_s) == (State.ENDED, Result.ANSWERED, 211)


def test_one_word_that_the_leg_was_bridged_outweighs_any_that_it_was_not() -> None:
    assert follow([ANNA_DECLINED, TALKED_TO_ANNA, OVER]).result is Result.ANSWERED


def test_dial_bridged_outweighs_a_length() -> None:
    unsaid = Dialled("anna", Status.COMPLETED, at(12), bridged=None, duration_s=4)
    assert follow([RANG, unsaid, ANNA_DECLINED, OVER]).result is Result.MISSED


def test_a_message_ends_the_call_and_silence_is_no_message() -> None:
    silence = Voicemail("RE1", "https://api.example/RE1", 0, at(50))
    assert follow([RANG, MESSAGE]).state is State.ENDED
    assert (follow([RANG, silence]).result, follow([RANG, silence]).voicemail) == (
        Result.MISSED,
        None,
    )


def test_a_caller_who_leaves_while_a_leg_rings_ends_the_call() -> None:
    life = follow([RANG, RINGS_BEN, replace(BEN_DID_NOT_ANSWER, call_status=Status.COMPLETED)])
    assert (life.state, life.result, life.ended_at) == (State.ENDED, Result.MISSED, at(34))


def test_a_fallback_is_remembered_and_decides_nothing() -> None:
    with_it = follow([RANG, FellBack(at(2), 11200), TALKED_TO_ANNA])
    assert (with_it.fell_back, with_it.result) == (True, Result.ANSWERED)
    assert not follow([RANG, TALKED_TO_ANNA]).fell_back
