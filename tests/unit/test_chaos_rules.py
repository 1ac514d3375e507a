"""A rule that cannot fail is worthless: each is shown what it forbids, and what excuses it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from callweave.simulator.books import BookedCall, BookedOutcome, Figures, Outcome, Owed
from callweave.simulator.faults import Fault
from callweave.simulator.ledger import (
    Bridged,
    FallbackAsked,
    HungUp,
    LedgerCall,
    LegEnded,
    MessageLeft,
    Reached,
    Ringing,
    Rung,
    Said,
    Silence,
    Whispered,
)
from callweave.simulator.people import Side
from chaos.evidence import Evidence, Heard, Spell
from chaos.faults import Mishap
from chaos.judge import judge
from chaos.rows import MODELS, BookedLeg, CallsCredit, Lease, Ring, Rows
from chaos.rules import RULES
from chaos.trouble import Trouble

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
SID, OTHER, ANA, BEN = "CA" + "1" * 32, "CA" + "2" * 32, "+441614960101", "+441614960102"
DESK = "+442079460100"
WON = Outcome("won", 12_345, "GBP")
ENTRIES = (
    Ringing(0),
    Rung(0, ANA, "leg"),
    Whispered(6, ANA, "About Norway."),
    Bridged(8, ANA, "leg"),
    HungUp(66, Side.CALLER),
    LegEnded(66, ANA, "leg", "completed", 60, bridged=True),
)


def s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


CALL = LedgerCall(
    SID, "+447700900001", "+442079460101", START, ENTRIES,
    status="completed", over=True, duration=58, reached=Reached.PERSON, answered_by=ANA,
)  # fmt: skip
RING = Ring(
    rung_at=START, ended_at=START + s(66), answered_by="Ana", day="2026-11-23",
    local_day="2026-11-23", visit="vs_1", match="exclusive", whisper="About Norway.",
    voicemail=None, voicemail_s=None, result="answered", ended_by="caller", ring_s=6, talk_s=60,
    fell_back=False,
)  # fmt: skip
LEG = BookedLeg(1, "Ana", ANA, "talked", 60, "ag_1")
CREDITS = [CallsCredit(SID, model, "GBP", True, 1_000_000, 12_345) for model in MODELS]  # noqa: FBT003  converted
ROWS = Rows(
    figures=Figures([BookedCall(SID, True, 58, ANA)], [BookedOutcome(SID, WON)]),  # noqa: FBT003  over
    calls={SID: RING}, legs={SID: [LEG]}, held={}, repairs=[], reports={}, aside={},
    leases=[Lease(CALL.to, "vs_1", START - s(60), START + s(60))],
    told=[(SID, "call.completed", 1), (SID, "outcome.recorded", 1)],
    credits=CREDITS, repaired_at={},
)  # fmt: skip
HEARD = [
    Heard("ring", None, "ringing", START),
    Heard("status", "1", "completed", START + s(66)),
    Heard("dialled", "1", "completed", START + s(66)),
    Heard("status", None, "completed", START + s(67)),
]
GOOD = Evidence(
    [CALL], [Owed(SID, WON)], ROWS, shown={SID: "vs_1"}, heard={SID: HEARD}, lost={},
    said=[Owed(SID, WON)], agents={ANA, BEN},
)  # fmt: skip


def row(**changed: Any) -> Evidence:
    return rows(calls={SID: replace(RING, **changed)})


def rows(**changed: Any) -> Evidence:
    return replace(GOOD, rows=replace(ROWS, **changed))


def leg(**changed: Any) -> Evidence:
    return rows(legs={SID: [replace(LEG, **changed)]})


def heard_at_carrier(*more: Any) -> Evidence:
    return replace(GOOD, ledger=[replace(CALL, entries=(*ENTRIES, *more))])


def credit(**changed: Any) -> Evidence:
    return rows(credits=[*CREDITS[1:], replace(CREDITS[0], **changed)])


def repaired(kind: str, after_s: float = 300, lost: int = 1) -> Evidence:
    at = {(SID, kind): START + s(after_s)}
    return replace(rows(repairs=[(SID, kind)], repaired_at=at), lost={kind: lost})


def unheard(kind: str, leg_: str | None, evidence: Evidence) -> Evidence:
    kept = [told for told in HEARD if (told.kind, told.leg) != (kind, leg_)]
    return replace(evidence, heard={SID: kept})


def struck(evidence: Evidence, *lines: str) -> Evidence:
    return replace(evidence, struck={SID: [f"  12.0  {line}" for line in lines]})


def rang_four(evidence: Evidence, *more: Any) -> Evidence:
    """Three more phones, the last one for half a minute."""
    legs = [LegEnded(67, BEN, str(n), "busy", 0, bridged=False) for n in (2, 3)]
    desk = Rung(67, DESK, "4"), LegEnded(97, DESK, "4", "no-answer", 0, bridged=False)
    page = replace(CALL, entries=(*more, *ENTRIES, *legs, *desk))
    return replace(evidence, ledger=[page])


def a_leg_without_an_agent() -> Evidence:
    legs = {SID: [LEG], OTHER: [replace(LEG, agent=None)]}
    return replace(in_two_calls(), rows=replace(ROWS, calls={SID: RING, OTHER: RING}, legs=legs))


def in_two_calls() -> Evidence:
    return replace(GOOD, ledger=[CALL, replace(CALL, sid=OTHER, started_at=START + s(20))])


BAD: Mapping[str, list[Evidence]] = {
    "after a talk": [heard_at_carrier(Rung(67, BEN, "next"))],
    "silence": [
        heard_at_carrier(Silence(66, 3)),
        heard_at_carrier(*[Silence(66 + 2 * n, 2) for n in range(30)]),
        heard_at_carrier(Silence(66, 2), FallbackAsked(68, 11200, "u"), Silence(68, 1)),
        heard_at_carrier(Silence(66, 2), Said(68, " "), Silence(68, 2)),
        heard_at_carrier(Silence(66, 2), Silence(68, 2), Said(70, "Hello.")),
    ],
    "attempts": [
        heard_at_carrier(*[LegEnded(67, BEN, str(n), "busy", 0, bridged=False) for n in range(3)]),
        heard_at_carrier(Rung(67, BEN, "2"), LegEnded(120, BEN, "2", "busy", 0, bridged=False)),
        rang_four(row(fell_back=True)),
        rang_four(struck(row(fell_back=True), f"/voice/status completed: {Trouble.STATEMENT}")),
        rang_four(struck(GOOD, f"/voice/ring ringing: {Mishap.UNANSWERED}")),
    ],
    "legs": [
        leg(result="not_joined"), leg(duration_s=59), leg(endpoint=BEN), leg(result=None),
        rows(legs={SID: [LEG, BookedLeg(2, "Ben", BEN, "canceled", None, "ag_2")]}),
        rows(legs={SID: [LEG, BookedLeg(2, "Ben", BEN, "busy", 0, "ag_2")]}),
    ],
    "agents": [rows(held={"Ana": SID})],
    "held twice": [in_two_calls(), a_leg_without_an_agent()],
    "whisper": [row(whisper=""), struck(row(whisper=""), f"/voice/status: {Trouble.STATEMENT}")],
    "answered by": [row(answered_by="Ben")],
    "result": [row(result="missed")],
    "messages": [
        row(voicemail_s=9), row(voicemail="https://x/RE1"),
        heard_at_carrier(MessageLeft(70, "RE1", 9)),
    ],
    "rang": [row(rung_at=START + s(3)), row(rung_at=START - s(2))],
    "ended": [row(ended_at=START + s(69))],
    "ringing": [row(ring_s=9), row(ring_s=None)],
    "talked": [row(talk_s=58), row(talk_s=None)],
    "ended by": [row(ended_by="agent"), row(ended_by=None)],
    "set aside": [replace(GOOD, unreadable=[SID]), rows(aside={SID: 1})],
    "leases": [rows(leases=[*ROWS.leases, Lease(CALL.to, "vs_2", START + s(9), START + s(99))])],
    "matching": [replace(GOOD, shown={SID: "vs_2"})],
    "lease book": [row(visit="vs_2"), row(visit=None)],
    "days": [row(day="2026-11-22")],
    "outcomes": [replace(GOOD, said=[]), replace(GOOD, said=[Owed(SID, Outcome("lost"))])],
    "credits": [
        credit(value=12_344), credit(share=999_999), credit(converted=False),
        credit(currency="EUR"), rows(credits=CREDITS[1:]), rows(credits=[*CREDITS, CREDITS[0]]),
    ],
    "facts": [rows(told=[(SID, "call.completed", 2)]), rows(told=[(SID, "call.completed", 0)])],
    "repairs": [
        repaired("end_missing"), repaired("duration_wrong"),
        struck(repaired("end_missing"), f"/voice/status completed: {Fault.LATE}"),
        unheard("status", None, repaired("end_missing")),
        struck(
            unheard("status", None, repaired("end_missing", after_s=90)),
            f"/voice/status completed: {Fault.DROPPED}",
        ),
    ],
    "budget": [repaired("end_missing", lost=0)],
    "fell back": [
        row(fell_back=True), leg(position=0),
        struck(row(fell_back=True), f"/voice/status completed: {Trouble.STATEMENT}"),
        struck(row(fell_back=True), f"/voice/ring ringing: {Fault.TWICE}"),
    ],
    "fallback": [
        heard_at_carrier(FallbackAsked(1, 11200, "u")),
        struck(
            heard_at_carrier(FallbackAsked(1, 11200, "u")),
            f"/voice/ring ringing: {Fault.NEVER_ASKED}",
        ),
    ],
    "spool": [replace(GOOD, spooled=1)],
}  # fmt: skip


def broken(evidence: Evidence) -> set[str]:
    return {name for name, look in RULES.items() if list(look(evidence))}


def test_good_evidence_breaks_no_rule() -> None:
    assert judge(GOOD) == []


def test_every_rule_is_shown_what_it_forbids() -> None:
    assert BAD.keys() == RULES.keys()


@pytest.mark.parametrize(
    ("rule", "evidence"), [(rule, each) for rule, shown in BAD.items() for each in shown]
)
def test_a_rule_finds_what_it_forbids(rule: str, evidence: Evidence) -> None:
    assert rule in broken(evidence)


EXCUSED = [
    ("attempts", rang_four(row(fell_back=True)), f"/voice/dialled?leg=3: {Trouble.DOWN}"),
    ("attempts", rang_four(row(fell_back=True)), f"/voice/whisper?leg=1: {Mishap.UNANSWERED}"),
    ("whisper", row(whisper=""), f"/voice/whisper?leg=1: {Trouble.STATEMENT}"),
    ("fell back", row(fell_back=True), f"/voice/ring ringing: {Trouble.DOWN}"),
    ("fell back", row(fell_back=True), f"/voice/ring ringing: {Mishap.UNANSWERED}"),
    ("fell back", row(fell_back=True), f"/voice/voicemail in-progress: {Mishap.UNANSWERED}"),
    ("fallback", heard_at_carrier(FallbackAsked(1, 1, "u")), f"/voice/ring: {Mishap.UNANSWERED}"),
    ("ended by", row(ended_by=None), f"/voice/dialled?leg=1: {Mishap.UNANSWERED}"),
    ("rang", row(rung_at=START + s(3)), f"/voice/ring ringing: {Fault.NEVER_ASKED}"),
    ("ended", row(ended_at=START + s(71)), f"/voice/dialled?leg=1: {Fault.LOST_ANSWER}"),
    (
        "repairs",
        unheard("status", None, repaired("end_missing")),
        f"/voice/status completed: {Fault.DROPPED}",
    ),
    (
        "repairs",
        repaired("duration_wrong"),
        f"/voice/status completed: {Mishap.MISTOLD}",
    ),
    ("fell back", row(fell_back=True), "kill -9 of a web process"),
]


@pytest.mark.parametrize(("rule", "evidence", "line"), EXCUSED)
def test_the_fault_that_brings_it_about_excuses_it(
    rule: str, evidence: Evidence, line: str
) -> None:
    assert rule in broken(evidence)
    assert rule not in broken(struck(evidence, line))


@pytest.mark.parametrize("between", [Said(68, "Hello."), Ringing(68), Bridged(68, ANA, "leg")])
def test_silence_that_is_broken_is_short(between: Any) -> None:
    assert "silence" not in broken(heard_at_carrier(Silence(66, 2), between, Silence(70, 2)))
    assert "silence" not in broken(heard_at_carrier(Silence(66, 1), Silence(67, 1), between))


def test_whom_the_carriers_fallback_rings_is_one_more() -> None:
    asked = FallbackAsked(0, 11200, "u")
    assert "attempts" not in broken(rang_four(row(fell_back=True), asked))
    assert "attempts" in broken(rang_four(GOOD, asked))


def test_the_front_desk_may_be_in_two_calls_at_once() -> None:
    assert "held twice" not in broken(replace(in_two_calls(), agents={BEN}))


@pytest.mark.parametrize(
    ("rule", "evidence"),
    [
        ("held twice", in_two_calls()),
        ("lease book", row(visit="vs_2")),
        ("rang", BAD["rang"][0]),
        ("leases", BAD["leases"][0]),
    ],
)
def test_a_clock_that_jumps_excuses_only_the_calls_that_it_meets(
    rule: str, evidence: Evidence
) -> None:
    day = timedelta(days=1)
    before = replace(evidence, skewed=[Spell(START - s(900), START - s(300), day)])
    during = replace(evidence, skewed=[Spell(START + s(1), START + s(30), day)])
    assert rule in broken(before)
    assert rule not in broken(during)
