"""What the carrier's list says of a leg, by times alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from callweave.reconciliation.families import Family, families
from callweave.telephony.carrier import CarrierCall
from shops import NOON


def listed(
    sid: str, began: int, ended: int | None, seconds: int | None, parent: str | None = None
) -> CarrierCall:
    """Times are seconds after noon."""
    return CarrierCall(
        sid=sid,
        parent_sid=parent,
        direction="outbound-dial" if parent else "inbound",
        from_="+447700900123",
        to="+442079460101",
        status="completed" if seconds else "no-answer",
        started_at=NOON + timedelta(seconds=began),
        ended_at=None if ended is None else NOON + timedelta(seconds=ended),
        duration_s=seconds,
    )


@pytest.mark.parametrize(
    ("call", "leg", "bridged"),
    [
        pytest.param((0, 100, 92), (1, 100, 94), True, id="a talk, after a whisper of 2 s"),
        pytest.param((0, 101, 90), (1, 99, 94), True, id="a talk; the times are a little apart"),
        pytest.param((0, 60, 40), (1, 20, 8), False, id="a whisper was enough; then a voicemail"),
        pytest.param((0, 60, 41), (1, 20, 8), False, id="the same, a second off"),
        pytest.param((0, 20, 0), (1, 19, 8), False, id="a whisper was enough; nobody answered"),
        pytest.param((0, 100, 100), (5, 90, 60), None, id="a notice had answered the call before"),
        pytest.param((0, 100, 50), (1, 40, 0), False, id="nobody picked up"),
    ],
)
def test_a_leg_that_was_up_when_the_call_was_answered_talked(
    call: tuple[int, int, int], leg: tuple[int, int, int], *, bridged: bool | None
) -> None:
    parent, child = listed("CA1", *call), listed("CA2", *leg, parent="CA1")
    if not call[2]:
        parent = replace(parent, status="no-answer")
    assert Family(parent, (child,)).bridged(child) is bridged


def test_a_call_that_lasts_says_nothing_yet() -> None:
    child = listed("CA2", 1, 40, 30, "CA1")
    assert Family(listed("CA1", 0, None, None), (child,)).bridged(child) is None


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_legs_find_their_call_however_the_list_is_cut(size: int) -> None:
    calls = [listed(f"CA{nth}", nth, nth + 50, 40) for nth in range(10)]
    legs = [listed(f"CB{nth}", nth + 1, nth + 50, 45, f"CA{nth}") for nth in range(10)]
    newest_first = sorted((*calls, *legs), key=lambda each: each.started_at, reverse=True)
    found = [family for lot in families(newest_first, size) for family in lot]
    assert sorted(family.call.sid for family in found) == [call.sid for call in calls]
    assert all([leg.sid[2:] for leg in f.legs] == [f.call.sid[2:]] for f in found)


def test_a_leg_that_began_with_its_call_may_stand_behind_it() -> None:
    call, leg = listed("CA1", 0, 50, 40), listed("CA2", 0, 50, 45, "CA1")
    found = [family for lot in families([call, leg], 1) for family in lot]
    assert found == [Family(call, (leg,))]


def test_legs_stand_in_the_order_in_which_they_were_rung() -> None:
    call, last = listed("CA1", 0, 50, 40), listed("CA2", 9, 50, 45, "CA1")
    first = listed("CA3", 1, 8, 0, "CA1")
    (family,) = [family for lot in families([last, first, call], 10) for family in lot]
    assert family.legs == (first, last)


def test_a_long_list_is_read_only_as_far_as_it_is_needed() -> None:
    reading = iter([listed(f"CA{nth}", nth, nth + 50, 40) for nth in range(100)])
    lots = families(reading, 10)
    assert [len(next(lots)) for _ in range(3)] == [0, 10, 10]
    assert len(list(reading)) == 70
