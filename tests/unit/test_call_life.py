from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callweave.domain.calls import (
    CallStatus,
    Dialled,
    EndedBy,
    FellBack,
    LegResult,
    LegState,
    LegStatus,
    Report,
    Result,
    Ring,
    State,
    Status,
    Voicemail,
    Whispered,
    follow,
)


def at(second: int) -> datetime:
    return datetime(2026, 11, 2, 9, 0, tzinfo=UTC) + timedelta(seconds=second)


RANG = Ring(at(0))
RINGS_ANNA = LegStatus("anna", Status.RINGING, at(1), sequence=1)
ANNA_PICKED_UP = LegStatus("anna", Status.IN_PROGRESS, at(8), sequence=2)
ANNA_HEARS_WHISPER = Whispered("anna", at(8))
ANNA_HUNG_UP = LegStatus("anna", Status.COMPLETED, at(68), sequence=3, duration_s=60)
TALKED_TO_ANNA = Dialled("anna", Status.COMPLETED, at(69), bridged=True, duration_s=60)
ANNA_DECLINED = Dialled("anna", Status.COMPLETED, at(12), bridged=False, duration_s=4)
ANNA_BUSY = Dialled("anna", Status.BUSY, at(3), bridged=False)
RINGS_BEN = LegStatus("ben", Status.RINGING, at(14), sequence=1)
BEN_DID_NOT_ANSWER = Dialled("ben", Status.NO_ANSWER, at(34), bridged=False)
OVER = CallStatus(Status.COMPLETED, at(70), duration_s=70)
MESSAGE = Voicemail("RE1", "https://api.example/RE1", 15, at(55))


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


def test_a_finished_talk_has_all_its_times() -> None:
    reports: list[Report] = [RANG, RINGS_ANNA, ANNA_PICKED_UP, ANNA_HUNG_UP, TALKED_TO_ANNA, OVER]
    life = follow(reports)
    assert (life.state, life.result) == (State.ENDED, Result.ANSWERED)
    assert (life.rung_at, life.answered_at, life.ended_at) == (at(0), at(8), at(70))
    assert (life.ring_s, life.talk_s, life.duration_s) == (8, 60, 70)
    assert life.legs[0].result is LegResult.TALKED


def test_a_talk_is_known_from_the_dial_alone() -> None:
    life = follow([TALKED_TO_ANNA])
    assert (life.state, life.result, life.talk_s) == (State.ENDED, Result.ANSWERED, 60)
    assert (life.answered_at, life.ended_at, life.ring_s) == (at(9), at(69), None)


def test_a_talk_whose_dial_was_never_reported_is_presumed_when_the_call_is_over() -> None:
    life = follow([RANG, ANNA_PICKED_UP, ANNA_HUNG_UP, OVER])
    assert (life.result, life.talk_s, life.legs[0].bridged) == (Result.ANSWERED, 60, None)
    assert life.legs[0].result is LegResult.TALKED


@pytest.mark.parametrize(
    ("status", "duration_s", "result"),
    [
        (Status.COMPLETED, 12, Result.ANSWERED),
        (Status.ANSWERED, 12, Result.ANSWERED),
        (Status.COMPLETED, 0, Result.MISSED),
        (Status.COMPLETED, None, Result.MISSED),
        (Status.NO_ANSWER, 12, Result.MISSED),
        (Status.CANCELED, None, Result.MISSED),
    ],
)
def test_without_dial_bridged_a_completed_dial_with_a_length_is_a_talk(
    status: Status, duration_s: int | None, result: Result
) -> None:
    dialled = Dialled("anna", status, at(20), bridged=None, duration_s=duration_s)
    assert follow([RANG, ANNA_PICKED_UP, dialled, OVER]).result is result


def test_one_word_that_the_leg_was_bridged_outweighs_any_that_it_was_not() -> None:
    assert follow([ANNA_DECLINED, TALKED_TO_ANNA, OVER]).result is Result.ANSWERED


def test_dial_bridged_outweighs_a_length() -> None:
    unsaid = Dialled("anna", Status.COMPLETED, at(12), bridged=None, duration_s=4)
    assert follow([RANG, unsaid, ANNA_DECLINED, OVER]).result is Result.MISSED


def test_a_leg_completed_without_a_length_was_never_picked_up() -> None:
    blink = LegStatus("anna", Status.COMPLETED, at(5), sequence=3, duration_s=0)
    life = follow([RANG, RINGS_ANNA, blink])
    assert (life.state, life.legs[0].result) == (State.RINGING, LegResult.NOT_JOINED)


def test_every_leg_keeps_its_own_result() -> None:
    life = follow([RANG, RINGS_ANNA, ANNA_BUSY, RINGS_BEN, BEN_DID_NOT_ANSWER, MESSAGE, OVER])
    assert [(leg.leg, leg.result) for leg in life.legs] == [
        ("anna", LegResult.BUSY),
        ("ben", LegResult.NO_ANSWER),
    ]
    assert (life.result, life.ring_s) == (Result.VOICEMAIL, 34)


def test_a_call_that_is_over_has_no_open_legs() -> None:
    life = follow([RANG, RINGS_ANNA, CallStatus(Status.CANCELED, at(6))])
    assert (life.legs[0].state, life.legs[0].result) == (LegState.ENDED, None)
    assert (life.result, life.ring_s) == (Result.MISSED, 6)


def test_a_late_status_does_not_reopen_a_leg() -> None:
    life = follow([RANG, ANNA_BUSY, RINGS_ANNA])
    assert (life.legs[0].state, life.legs[0].result) == (LegState.ENDED, LegResult.BUSY)


def test_of_two_ends_of_a_leg_the_carriers_last_word_counts() -> None:
    first = LegStatus("anna", Status.BUSY, at(3), sequence=2)
    last = LegStatus("anna", Status.FAILED, at(4), sequence=3)
    assert follow([first, last]).legs[0].result is LegResult.FAILED


def test_a_message_ends_the_call_and_silence_is_no_message() -> None:
    silence = Voicemail("RE1", "https://api.example/RE1", 0, at(50))
    assert follow([RANG, MESSAGE]).state is State.ENDED
    assert (follow([RANG, silence]).result, follow([RANG, silence]).voicemail) == (
        Result.MISSED,
        None,
    )


def test_a_message_of_unknown_length_gives_way_to_the_same_with_its_length() -> None:
    unmeasured = Voicemail("RE1", "https://api.example/RE1", None, at(54))
    assert follow([unmeasured]).voicemail == unmeasured
    assert follow([unmeasured, MESSAGE]).voicemail == MESSAGE


def test_a_caller_sent_straight_to_voicemail_waited_until_the_message_began() -> None:
    assert follow([RANG, MESSAGE, OVER]).ring_s == 40


def test_clocks_that_disagree_give_no_negative_wait() -> None:
    life = follow([Ring(at(100)), ANNA_PICKED_UP, TALKED_TO_ANNA])
    assert life.ring_s == 0


@pytest.mark.parametrize(
    ("reports", "ended_by"),
    [
        ([replace(TALKED_TO_ANNA, call_status=Status.COMPLETED)], EndedBy.CALLER),
        ([replace(TALKED_TO_ANNA, call_status=Status.IN_PROGRESS)], EndedBy.AGENT),
        ([TALKED_TO_ANNA], None),
        ([replace(BEN_DID_NOT_ANSWER, call_status=Status.COMPLETED)], EndedBy.CALLER),
        ([replace(BEN_DID_NOT_ANSWER, call_status=Status.IN_PROGRESS), OVER], None),
        ([RANG, CallStatus(Status.CANCELED, at(3))], EndedBy.CALLER),
        ([RANG, CallStatus(Status.FAILED, at(3))], EndedBy.CARRIER),
        ([RANG, CallStatus(Status.NO_ANSWER, at(3))], None),
        ([RANG, OVER], None),
    ],
)
def test_who_hung_up_is_told_where_it_shows(
    reports: list[Report], ended_by: EndedBy | None
) -> None:
    life = follow(reports)
    assert (life.state, life.ended_by) == (State.ENDED, ended_by)


def test_a_caller_who_leaves_while_a_leg_rings_ends_the_call() -> None:
    life = follow([RANG, RINGS_BEN, replace(BEN_DID_NOT_ANSWER, call_status=Status.COMPLETED)])
    assert (life.state, life.result, life.ended_at) == (State.ENDED, Result.MISSED, at(34))


def test_a_fallback_is_remembered_and_decides_nothing() -> None:
    with_it = follow([RANG, FellBack(at(2), 11200), TALKED_TO_ANNA])
    assert (with_it.fell_back, with_it.result) == (True, Result.ANSWERED)
    assert not follow([RANG, TALKED_TO_ANNA]).fell_back
