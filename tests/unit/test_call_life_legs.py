from dataclasses import replace

import pytest

from call_reports import (
    ANNA_BUSY,
    ANNA_HEARS_WHISPER,
    ANNA_HUNG_UP,
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
    LegResult,
    LegState,
    LegStatus,
    Result,
    State,
    Status,
    Whispered,
    follow,
)


def test_of_a_leg_that_rings_nothing_else_is_known() -> None:
    leg = follow([RANG, RINGS_ANNA]).legs[0]
    assert (leg.state, leg.result, leg.bridged) == (LegState.RINGING, None, None)
    assert (leg.rung_at, leg.picked_up_at, leg.ended_at) == (at(1), None, None)


def test_a_call_handed_on_has_talked_on_both_legs() -> None:
    life = follow([TALKED_TO_ANNA, replace(TALKED_TO_ANNA, leg="ben", at=at(99)), OVER])
    assert [leg.result for leg in life.legs] == [LegResult.TALKED, LegResult.TALKED]
    assert life.answered_at == at(9)


@pytest.mark.parametrize(
    ("end", "result"),
    [
        (LegStatus("anna", Status.BUSY, at(5)), LegResult.BUSY),
        (LegStatus("anna", Status.COMPLETED, at(5), duration_s=0), LegResult.NOT_JOINED),
    ],
)
def test_a_leg_not_picked_up_or_of_no_length_was_not_bridged(
    end: LegStatus, result: LegResult
) -> None:
    life = follow([RANG, RINGS_ANNA, end, OVER])
    assert (life.result, life.legs[0].result) == (Result.MISSED, result)
    assert life.legs[0].bridged is False


def test_a_caller_who_gives_up_during_the_whisper_leaves_an_agent_who_picked_up() -> None:
    life = follow([ANNA_HEARS_WHISPER, Dialled("anna", Status.CANCELED, at(9), bridged=False)])
    assert life.legs[0].result is LegResult.NOT_JOINED


def test_legs_stand_in_the_order_of_the_attempts_whatever_the_clocks_say() -> None:
    """One is reported by the carrier's clock, the other by that of a host which is slow."""
    rang = [LegStatus(leg, Status.RINGING, at(s)) for leg, s in [("10", 1), ("0", 2), ("2", 3)]]
    assert [leg.leg for leg in follow(rang).legs] == ["2", "10", "0"]


def test_who_picks_up_after_somebody_else_talks_though_a_clock_is_slow() -> None:
    first = Dialled("1", Status.NO_ANSWER, at(40), bridged=False, duration_s=None)
    life = follow([RANG, LegStatus("1", Status.RINGING, at(30)), first, Whispered("2", at(15))])
    assert (life.state, life.legs[-1].leg) == (State.TALKING, "2")


def test_legs_of_the_same_second_stand_in_the_order_of_their_ids() -> None:
    rang = [LegStatus(leg, Status.RINGING, at(1)) for leg in "gcbfaehd"]
    assert [leg.leg for leg in follow(rang).legs] == list("abcdefgh")


def test_of_two_lengths_of_a_leg_the_longer_counts() -> None:
    life = follow([TALKED_TO_ANNA, ANNA_HUNG_UP, replace(ANNA_HUNG_UP, duration_s=58)])
    assert life.talk_s == 60


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


def test_of_two_ends_without_a_sequence_the_weightier_counts() -> None:
    ends = [LegStatus("anna", word, at(3)) for word in (Status.CANCELED, Status.NO_ANSWER)]
    assert follow(ends).legs[0].result is LegResult.NO_ANSWER
