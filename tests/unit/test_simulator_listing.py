"""The carrier's list, however long its ledger is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from callweave.simulator import listing
from callweave.simulator.ledger import Ended, Ledger, LedgerCall, Rung
from callweave.simulator.listing import Lines, Listed, listed
from shops import ANA, NOON


def began(number: int, minute: int) -> LedgerCall:
    leg = Rung(1, ANA, f"CB{number}")
    at = NOON + timedelta(minutes=minute)
    return LedgerCall(f"CA{number}", "+447700900123", "+442079460101", at, (leg,))


def ended(call: LedgerCall) -> LedgerCall:
    return replace(call, over=True, status="completed", entries=(*call.entries, Ended(60)))


def all_of(ledger: Ledger) -> Sequence[Listed]:
    lines = [line for call in ledger.calls() for line in listed(call)]
    return sorted(lines, key=lambda line: (line.started_at, line.sid), reverse=True)


def test_what_lasts_and_what_is_over_stand_in_order_whenever_one_asks() -> None:
    ledger = Ledger()
    lines = Lines(ledger)
    calls = [began(number, number * 7 % 5) for number in range(10)]
    for call in calls:
        ledger.write(call)
        assert lines.newest_first(NOON) == all_of(ledger)
    for call in reversed(calls):
        ledger.write(ended(call))
        assert lines.newest_first(NOON) == all_of(ledger)


def test_the_list_begins_where_it_is_asked_to() -> None:
    ledger = Ledger()
    for number in range(5):
        ledger.write(ended(began(number, number)))
    found = Lines(ledger).newest_first(NOON + timedelta(minutes=3))
    assert [line.sid for line in found] == ["CB4", "CA4", "CB3", "CA3"]


def test_what_is_over_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, asked = Ledger(), list[str]()
    lines = Lines(ledger)

    def counting(call: LedgerCall) -> Sequence[Listed]:
        asked.append(call.sid)
        return list(listed(call))

    monkeypatch.setattr(listing, "listed", counting)
    ledger.write(ended(began(1, 0)))
    ledger.write(began(2, 0))
    for _ in range(3):
        lines.newest_first(NOON)
    assert asked == ["CA1", "CA2", "CA2", "CA2"]
