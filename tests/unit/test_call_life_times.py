from dataclasses import replace

import pytest

from call_reports import (
    ANNA_BUSY,
    ANNA_HEARS_WHISPER,
    ANNA_HUNG_UP,
    ANNA_PICKED_UP,
    BEN_DID_NOT_ANSWER,
    MESSAGE,
    OVER,
    RANG,
    RINGS_ANNA,
    TALKED_TO_ANNA,
    at,
)
from callweave.domain.calls import (
    CallStatus,
    EndedBy,
    LegResult,
    Report,
    Result,
    Ring,
    State,
    Status,
    Voicemail,
    Whispered,
    follow,
)


def test_a_finished_talk_has_all_its_times() -> None:
    reports: list[Report] = [RANG, RINGS_ANNA, ANNA_PICKED_UP, ANNA_HUNG_UP, TALKED_TO_ANNA, OVER]
    life = follow(reports)
    assert (life.state, life.result) == (State.ENDED, Result.ANSWERED)
    assert (life.rung_at, life.answered_at, life.ended_at) == (at(0), at(8), at(70))
    assert (life.ring_s, life.talk_s, life.duration_s) == (8, 60, 70)
    assert life.legs[0].result is LegResult.TALKED


def test_a_talk_that_began_nobody_knows_when_has_no_ring_time() -> None:
    life = follow([RANG, replace(TALKED_TO_ANNA, duration_s=None), OVER])
    assert (life.result, life.answered_at, life.ring_s) == (Result.ANSWERED, None, None)


def test_the_carriers_clock_and_length_go_before_ours_and_the_dials() -> None:
    early = replace(TALKED_TO_ANNA, at=at(60), duration_s=61)
    life = follow([ANNA_HEARS_WHISPER, replace(ANNA_PICKED_UP, at=at(9)), ANNA_HUNG_UP, early])
    assert (life.legs[0].ended_at, life.answered_at, life.talk_s) == (at(68), at(9), 60)


def test_of_two_lengths_of_the_call_the_longer_counts() -> None:
    assert follow([OVER, replace(OVER, duration_s=69)]).duration_s == 70


def test_of_two_messages_the_longer_counts_and_then_the_later_recorded() -> None:
    shorter = Voicemail("RE9", "https://api.example/RE9", 14, at(20))
    equal = Voicemail("RE2", "https://api.example/RE2", 15, at(20))
    assert follow([MESSAGE, shorter]).voicemail == MESSAGE
    assert follow([MESSAGE, equal]).voicemail == equal


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
        ([replace(ANNA_BUSY, call_status=Status.IN_PROGRESS), Whispered("b", at(9)), OVER], None),
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
