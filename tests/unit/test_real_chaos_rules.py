"""Each rule of the real chaos, with evidence that breaks it and evidence that does not."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from callweave.simulator.books import Outcome
from callweave.simulator.faults import USUAL, CallFaults, Fault
from callweave.simulator.ledger import FallbackAsked, LedgerCall, LegEnded, Rung
from callweave.simulator.webhooks import Webhooks
from chaos.real_facts import Fact
from chaos.real_ledger import Busy, TimedLedger, at_once
from chaos.real_log import Said, read_log
from chaos.real_rules import FINAL, RULES, SLOWEST, Booked, RealEvidence, is_reckoned, judge_real
from chaos.real_run import RealPlan, RealRun
from chaos.real_spells import Spell, Spells
from chaos.real_story import LONG, failing_figures
from chaos.real_traffic import PROMISED, Played, Seen
from chaos.real_way import RealWay, Sent
from chaos.rows import Lease

T = datetime(2026, 11, 23, 12, tzinfo=UTC)
SID, TO = "CA1", "+442079460101"


def at(seconds: float) -> datetime:
    return T + timedelta(seconds=seconds)


def sent(
    what: str = "/voice/ring ringing", seconds: float = 0.1, failure: str | None = None
) -> Sent:
    return Sent(T, what, None if failure else 200, seconds, failure)


def played(
    *tries: Sent, struck: Fault | None = None, troubles: tuple[str, ...] = (), **call: Any
) -> Played:
    way = RealWay(Webhooks("token"), CallFaults.of(USUAL, 1, 1))
    way.sent += tries or (sent(),)
    way.struck += [f"12:00:00  /voice/status completed: {struck}"] if struck else []
    page = replace(LedgerCall(SID, "+447700900001", TO, T, over=True), **call)
    seen = Seen(TO, "exclusive", "vs_1", T)
    return Played(1, T, at(1), page, way, seen, None, acknowledged=False, troubles=troubles)


def fact(**changed: Any) -> Fact:
    return replace(
        Fact("fa_1", "call.completed", "ca_1", owed=False, told=True, reason=None), **changed
    )


def evidence(*calls: Played, **seen: Any) -> RealEvidence:
    """In which all is well, but for what is ``seen``."""
    well: dict[str, Any] = {
        "booked": {SID: Booked(T, "vs_1")},
        "leases": [Lease(TO, "vs_1", at(-5), at(20))],
        "final": {SID: at(2)},
        "facts": [fact()],
        "heard": [("fa_1", at(7))],
    }
    return RealEvidence(calls or (played(),), **(well | seen))


def said(message: str, *, is_error: bool = False) -> Said:
    return Said(at(0.5), message, SID, "why", is_error)


def rules_broken(found: RealEvidence) -> set[str]:
    return {breach.rule for breach in judge_real(found)}


BROKEN = {
    "outcomes": evidence(unacknowledged={SID: Outcome("won", 100, "GBP")}),
    "pages": evidence(played(troubles=("/v1/visits: HTTPError",))),
    "answers": evidence(played(sent(failure="status 503"))),
    "from memory": evidence(fell_back={SID}),
    "errors": evidence(said=[said("Exception on /voice/ring", is_error=True)]),
    "carrier's fallback": evidence(played(entries=(FallbackAsked(1, 11200, "/voice/ring"),))),
    "repairs": evidence(repairs=[(SID, "end_missing")]),
    "final": evidence(final={SID: at(1) + FINAL * 1.1}),
    "facts told": evidence(heard=[]),
}
ELSEWHERE = {"in two calls", "reckoned"}


def test_nothing_is_found_where_all_is_well() -> None:
    assert judge_real(evidence()) == []


def test_each_rule_has_evidence_that_breaks_it() -> None:
    assert BROKEN.keys() | ELSEWHERE == RULES.keys()


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_finds_what_breaks_it(rule: str) -> None:
    found = BROKEN[rule]
    assert rule in rules_broken(found)


@pytest.mark.parametrize("rule", sorted(BROKEN.keys() - {"outcomes"}))
def test_a_monkey_that_was_in_excuses_it(rule: str) -> None:
    found = BROKEN[rule]
    heard = [("fa_1", at(7))]
    spells = Spells([Spell("kill -9 of the worker", at(-1), at(20))])
    assert rules_broken(replace(found, spells=spells, heard=heard)) == set()


@pytest.mark.parametrize("rule", sorted(BROKEN.keys() - {"facts told"}))
def test_a_monkey_that_had_gone_before_excuses_nothing(rule: str) -> None:
    found = BROKEN[rule]
    spells = Spells([Spell("kill -9 of the worker", at(-60), at(-30))])
    assert rule in rules_broken(replace(found, spells=spells))


@pytest.mark.parametrize("rule", ["answers", "carrier's fallback"])
def test_a_database_that_is_away_excuses_nothing_that_went_unanswered(rule: str) -> None:
    away = Spell("locked database", at(-1), at(20), answered=True)
    assert rules_broken(replace(BROKEN[rule], spells=Spells([away]))) == {rule}
    killed = Spell("kill -9 of a web process", at(0), at(20))
    assert rules_broken(replace(BROKEN[rule], spells=Spells([away, killed]))) == set()


def test_a_monkey_that_the_service_never_got_over_is_in_to_the_end() -> None:
    assert Spells([Spell("reload", T)]).touching(at(9), at(10)) == ["12:00:00.000000  reload"]


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"final": {}}, "final"),
        ({"facts": [fact(told=False)]}, "facts told"),
        ({"heard": [("fa_1", at(7)), ("fa_1", at(127))]}, "facts told"),
        ({"heard": [("fa_1", at(7)), ("fa_2", at(8))]}, "facts told"),
        ({"forged": 1}, "facts told"),
        ({"said": [said("fell back")]}, "from memory"),
        ({"hung": ["not drained"]}, "drained"),
    ],
)
def test_a_rule_finds_what_else_breaks_it(changed: Any, rule: str) -> None:
    assert rules_broken(evidence(**changed)) == {rule}


def test_an_answer_that_takes_longer_than_it_may_is_a_breach() -> None:
    slow = SLOWEST.total_seconds() + 0.1
    assert rules_broken(evidence(played(sent(seconds=slow)))) == {"answers"}


def test_a_dropped_report_excuses_a_repair_and_its_lateness_but_no_longer_than_ten_minutes() -> (
    None
):
    call, repairs = played(struck=Fault.DROPPED), [(SID, "end_missing")]
    assert rules_broken(evidence(call, repairs=repairs, final={SID: at(590)})) == set()
    assert rules_broken(evidence(call, repairs=repairs, final={SID: at(610)})) == {"final"}


def test_a_report_that_was_told_twice_excuses_no_repair() -> None:
    found = evidence(played(struck=Fault.TWICE), repairs=[(SID, "end_missing")])
    assert rules_broken(found) == {"repairs"}


@pytest.mark.parametrize(
    ("rung_at", "visit", "rules"),
    [
        (-50, None, set()),
        (-50, "vs_1", set()),
        (-50, "vs_2", {"reckoned"}),
        (-100, "vs_1", {"reckoned"}),
    ],
)
def test_a_ring_that_never_arrived_is_booked_to_whoever_had_the_number_at_either_time(
    rung_at: float, visit: str | None, rules: set[str]
) -> None:
    lost = played(sent(failure="status 503"), duration=60)
    spells = Spells([Spell("reload", at(-1), at(20))])
    found = evidence(lost, booked={SID: Booked(at(rung_at), visit)}, spells=spells)
    assert rules_broken(found) == rules


@pytest.mark.parametrize(
    ("rung_at", "spells", "is_so"),
    [
        (-50, [Spell("reload", at(-1), at(20))], True),
        (0.1, [Spell("reload", at(-1), at(20))], False),
        (-50, [Spell("reload", at(-60), at(-30))], False),
    ],
)
def test_a_rings_time_is_only_reckoned_while_somebody_does_mischief(
    rung_at: float, spells: list[Spell], is_so: Any
) -> None:
    found = evidence(booked={SID: Booked(at(rung_at), "vs_1")}, spells=Spells(spells))
    assert is_reckoned(found, found.played[0]) is is_so


def _busy(*pages: tuple[str, int]) -> list[tuple[Busy, Busy]]:
    """By call: how many of its two entries the carrier has written by then."""
    ledger = TimedLedger()
    for sid, entries in pages:
        rung = Rung(1, "+44", f"{sid}-leg")
        ended = LegEnded(9, "+44", f"{sid}-leg", "completed", 8, bridged=True)
        ledger.write(LedgerCall(sid, "", TO, T, entries=(rung, ended)[:entries]))
    assert not list(at_once(ledger, set()))
    return list(at_once(ledger, {"+44"}))


def test_an_agent_rung_after_the_other_call_has_let_go_is_in_one_call() -> None:
    assert _busy(("CA1", 1), ("CA1", 2), ("CA2", 1), ("CA2", 2)) == []


def test_an_agent_rung_before_the_other_call_has_let_go_is_in_two_calls() -> None:
    found = _busy(("CA1", 1), ("CA2", 1), ("CA1", 2), ("CA2", 2))
    assert rules_broken(evidence(busy=found)) == {"in two calls"}


@pytest.mark.parametrize(
    ("recovered", "backlog", "rules"),
    [
        ([5.0], [60.0], set()),
        ([float("inf")], [1.0], {"recovery"}),
        ([1.0], [float("inf")], {"backlog"}),
    ],
)
def test_a_service_that_never_came_back_fails_the_figures(
    recovered: list[float], backlog: list[float], rules: set[str]
) -> None:
    run = RealRun(RealPlan("sqlite", 1, 1), recovered=recovered, backlog=backlog)
    assert {breach.rule for breach in failing_figures(run)} == rules


@pytest.mark.parametrize(
    ("monkey", "kills", "times", "rules"),
    [
        ("kill -9 of the worker", 1, 1, set()),
        ("kill -9 of the worker", 1, 2, {"fallback"}),
        ("kill -9 of the worker", 9, 2, set()),
        ("kill -9 of the worker", 9, 3, {"fallback"}),
        ("reload", 9, 1, {"fallback"}),
    ],
)
def test_the_carriers_fallback_is_for_runs_in_which_somebody_is_killed(
    monkey: str, kills: int, times: int, rules: set[str]
) -> None:
    call = LedgerCall(SID, "", TO, T, entries=(FallbackAsked(1, 11200, "/voice/ring"),))
    run = RealRun(RealPlan("sqlite", 1, 1), ledger=(call,) * times)
    run.spells.all += [Spell(monkey, T)] * kills
    assert {breach.rule for breach in failing_figures(run)} == rules


def _happened(
    calls: int, let_in: Sequence[str], came: Sequence[str], since: datetime = T
) -> set[str]:
    run = RealRun(RealPlan("sqlite", calls, 1), let_in=let_in)
    run.spells.all += [Spell(name, since) for name in came]
    run.evidence = evidence(spells=run.spells)
    return {f"{breach.about} {breach.what}" for breach in failing_figures(run)}


def test_a_run_in_which_too_little_happened_fails() -> None:
    kill = "kill -9 of a web process"
    assert _happened(40, [kill], []) == {"the run none came: play more calls"}
    assert _happened(40, [kill, "reload"], [kill]) == set()
    assert _happened(40, [], []) == set()
    left_alone = "the run left only 0 calls alone"
    assert _happened(LONG, [kill, "reload"], [kill]) == {"reload never came", left_alone}
    idle = "the run no call was under way while they were in"
    assert _happened(40, [kill], [kill], since=at(60)) == {idle}


def test_a_traceback_that_nobody_caught_is_an_error(tmp_path: Path) -> None:
    log = tmp_path / "log"
    said = {"at": T.isoformat(), "message": "ready", "level": "info"}
    uncaught = "Exception in thread one:\nTraceback (most recent call last):\n  in\nKeyError: 1"
    log.write_text(f"cut off\n{json.dumps(said)}\n{uncaught}\n", "utf-8")
    found = [(each.at, each.message, each.is_error) for each in read_log(log)]
    assert found == [(T, uncaught.splitlines()[1], True)]


@pytest.mark.parametrize(("late", "visit"), [(timedelta(0), "vs_1"), (PROMISED, None)])
def test_a_number_is_whose_page_showed_it_for_as_long_as_it_was_promised(
    late: timedelta, visit: str | None
) -> None:
    assert played(replace(sent(), at=T + late)).visit == visit
