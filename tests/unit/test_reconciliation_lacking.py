"""What a record lacks, beside the carrier's list: which leg is which, and which reports fill in."""

from dataclasses import replace
from datetime import timedelta

import pytest

from callweave.reconciliation.families import Family
from callweave.reconciliation.lacking import Lacking, differs, lacking, unknown
from callweave.storage.repairs import Kept, KnownCall, KnownLeg
from callweave.telephony.carrier import CarrierCall
from shops import ANA, BEN, FRONT_DESK, NOON

CALL = CarrierCall(
    sid="CA1",
    parent_sid=None,
    direction="inbound",
    from_="+447700900123",
    to="+442079460101",
    status="completed",
    started_at=NOON,
    ended_at=NOON + timedelta(seconds=100),
    duration_s=60,
)


def leg(sid: str, to: str, at: int = 1, seconds: int = 0) -> CarrierCall:
    """``seconds`` of talk until the call's end, or nobody picked up."""
    return replace(
        CALL,
        sid=sid,
        parent_sid="CA1",
        direction="outbound-dial",
        to=to,
        status="completed" if seconds else "no-answer",
        started_at=NOON + timedelta(seconds=at),
        ended_at=NOON + timedelta(seconds=100 if seconds else at + 20),
        duration_s=seconds,
    )


def rows(*endpoints: str, result: str | None = None, state: str = "ended") -> KnownCall:
    legs = (KnownLeg(nth, each, result, None) for nth, each in enumerate(endpoints, start=1))
    return KnownCall(state, None, 60, tuple(legs))


def told(kind: str, position: str, **form: str) -> Kept:
    return Kept(f"{kind}:{position}", kind, position, form, NOON)


def filled(family: Family, known: KnownCall, *kept: Kept) -> dict[str, str]:
    """The last status that each leg gets, by its position."""
    found = lacking(family, known, kept)
    statuses = [each for each in found if each.kind == "status" and each.leg is not None]
    return {str(each.leg): each.form["CallSid"] for each in statuses}


@pytest.mark.parametrize(
    ("endpoint", "listed_as"),
    [
        (ANA, ANA),
        ("client:ana", "client:ana"),
        ("sip:ana@pbx.example", "sip:Ana@pbx.example;transport=tls"),
    ],
)
def test_a_leg_is_known_by_the_phone_that_it_rang(endpoint: str, listed_as: str) -> None:
    family = Family(CALL, (leg("CB1", listed_as),))
    assert filled(family, rows(BEN, endpoint)) == {"2": "CB1"}


def test_a_phone_that_was_rung_twice_was_rung_in_that_order() -> None:
    family = Family(CALL, (leg("CB1", ANA, 1), leg("CB2", ANA, 30)))
    assert filled(family, rows(ANA, ANA)) == {"1": "CB1", "2": "CB2"}


@pytest.mark.parametrize(
    "kept", [told("whisper", "2", CallSid="CB1"), told("dialled", "2", DialCallSid="CB1")]
)
def test_a_leg_whose_sid_was_told_is_that_one(kept: Kept) -> None:
    family = Family(CALL, (leg("CB1", ANA, 1), leg("CB2", ANA, 30)))
    assert filled(family, rows(ANA, ANA), kept) == {"2": "CB1", "1": "CB2"}


def test_a_phone_that_we_did_not_choose_is_the_default_destinations() -> None:
    family = Family(CALL, (leg("CB1", ANA), leg("CB2", FRONT_DESK, 30)))
    assert filled(family, rows(ANA)) == {"1": "CB1", "0": "CB2"}


def test_of_several_such_phones_the_one_that_talked_counts() -> None:
    strangers = (leg("CB1", BEN), leg("CB2", FRONT_DESK, 30, 40), leg("CB3", BEN, 35))
    assert filled(Family(CALL, strangers), rows()) == {"0": "CB2"}


def test_a_leg_of_which_nothing_came_begins_when_it_was_dialled() -> None:
    first, *_ = lacking(Family(CALL, (leg("CB1", ANA, 7),)), rows(ANA), ())
    assert (first.form["CallStatus"], first.leg) == ("initiated", "1")
    assert first.form["Timestamp"] == "Wed, 18 Nov 2026 12:00:07 +0000"


def test_what_was_kept_is_not_missing() -> None:
    family = Family(CALL, (leg("CB1", ANA, 1, 62),))
    kept = [
        told("status", "1", CallSid="CB1", CallStatus="ringing"),
        told("dialled", "1", DialCallSid="CB1"),
    ]
    (found,) = lacking(family, rows(ANA), kept)
    assert (found.kind, found.form["CallStatus"], found.form["SequenceNumber"]) == (
        "status",
        "completed",
        "1",
    )


def test_with_a_leg_comes_what_is_known_of_the_others_since_it_was_only_presumed() -> None:
    family = Family(CALL, (leg("CB1", ANA, 1, 62), leg("CB2", FRONT_DESK, 70)))
    known = KnownCall("ended", "answered", 60, (KnownLeg(1, ANA, "talked", 62),))
    found = {(each.kind, each.leg): each.form for each in lacking(family, known, ())}
    assert found.keys() == {("status", "0"), ("dialled", "1")}
    assert found["dialled", "1"]["DialBridged"] == "true"


def test_a_leg_that_lasts_is_left_alone() -> None:
    lasting = replace(leg("CB1", ANA), status="in-progress", ended_at=None)
    assert not differs(Family(CALL, (lasting,)), rows(ANA))


@pytest.mark.parametrize(
    ("status", "result"),
    [("busy", "busy"), ("no-answer", "no_answer"), ("failed", "failed"), ("canceled", "canceled")],
)
def test_a_leg_that_nobody_picked_up_has_to_say_so_in_the_same_words(
    status: str, result: str
) -> None:
    family = Family(CALL, (replace(leg("CB1", ANA), status=status),))
    assert not differs(family, rows(ANA, result=result))
    assert differs(family, rows(ANA, result="talked"))


def test_a_call_of_another_length_is_told_anew_instead_of_what_was_kept() -> None:
    known = replace(rows(), duration_s=61)
    kept = Kept(
        "status::completed", "status", None, {"CallStatus": "completed", "CallDuration": "61"}, NOON
    )
    (found,) = lacking(Family(CALL, ()), known, [kept])
    assert (found.instead_of, found.form["CallDuration"]) == ("status::completed", "60")


def test_a_list_without_lengths_contradicts_nothing() -> None:
    silent = replace(CALL, status="no-answer", duration_s=None)
    assert not differs(Family(silent, ()), replace(rows(), duration_s=None))


def test_what_the_carrier_does_not_know_ended_when_it_was_last_heard_of() -> None:
    later = replace(told("whisper", "1"), received_at=NOON + timedelta(minutes=3))
    found: Lacking = unknown("CA1", [told("ring", "1"), later, told("status", "1")])
    assert found.form["Timestamp"] == "Wed, 18 Nov 2026 12:03:00 +0000"
