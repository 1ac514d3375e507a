"""What a comparison reads is what can have changed since the last one, and nothing is left out."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from callweave.reconciliation import LONGEST_CALL
from callweave.reconciliation.keeping_up import OVERLAP, SWEEP
from callweave.simulator.ledger import Ended, LedgerCall
from callweave.storage.repairs import Bookmark, open_calls
from callweave.telephony.carrier import CarrierError
from lossy_carrier import LossyCarrier
from service import CALLER, Service, at_once
from shops import NOON, tracked

(LINE,) = tracked(1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def unheard(carrier: LossyCarrier, number: int, at: datetime) -> str:
    """Of a minute, and the service was away. Its sid."""
    sid = f"CA{number:032x}"
    call = LedgerCall(sid, CALLER, LINE, at, (Ended(60),), status="completed", over=True)
    carrier.write(call)
    return sid


def lasting(carrier: LossyCarrier, number: int, at: datetime) -> None:
    carrier.write(LedgerCall(f"CA{number:032x}", CALLER, LINE, at, status="in-progress"))


def taken(here: Service) -> set[str]:
    return {call.sid for call in here.calls()}


def test_the_first_comparison_looks_far_back_and_the_next_one_to_the_last_call(
    carrier: LossyCarrier,
) -> None:
    unheard(carrier, 1, NOON)
    for minute in (10, 11, 12):
        carrier.keep_up(NOON + minute * MINUTE)
    assert carrier.since == [NOON + 10 * MINUTE - SWEEP, NOON - OVERLAP, NOON - OVERLAP]


def test_what_is_settled_is_not_compared_again(carrier: LossyCarrier) -> None:
    for number in range(100):
        unheard(carrier, number, NOON + number * MINUTE)
    later = NOON + 110 * MINUTE
    assert carrier.keep_up(later).compared == 100
    assert carrier.keep_up(later + MINUTE).compared == OVERLAP / MINUTE + 1


def test_a_call_that_lasts_is_compared_when_it_ends(here: Service, carrier: LossyCarrier) -> None:
    lasting(carrier, 1, NOON)
    for hour in range(1, 4):
        unheard(carrier, hour + 1, NOON + hour * HOUR)
        carrier.keep_up(NOON + hour * HOUR + 10 * MINUTE)
    del carrier.carriers[0]
    sid = unheard(carrier, 1, NOON)
    carrier.keep_up(NOON + 4 * HOUR)
    assert sid in taken(here)


def test_a_call_that_never_ends_at_the_carrier_holds_up_nothing_for_ever(
    carrier: LossyCarrier,
) -> None:
    lasting(carrier, 1, NOON)
    last = NOON + 9 * HOUR
    unheard(carrier, 2, last)
    carrier.keep_up(last + 10 * MINUTE)
    carrier.keep_up(last + 11 * MINUTE)
    assert carrier.since[-1] == last - OVERLAP - LONGEST_CALL


def test_the_first_comparison_of_a_day_looks_far_back(carrier: LossyCarrier) -> None:
    unheard(carrier, 1, NOON)
    midnight = NOON + 12 * HOUR
    for moment in (midnight - 2 * MINUTE, midnight - MINUTE, midnight, midnight + MINUTE):
        carrier.keep_up(moment)
    assert carrier.since[1:] == [NOON - OVERLAP, midnight - SWEEP, NOON - OVERLAP]


def test_what_could_not_be_compared_is_in_the_next_comparison(carrier: LossyCarrier) -> None:
    unheard(carrier, 1, NOON)
    carrier.keep_up(NOON + 10 * MINUTE)
    unheard(carrier, 2, NOON + HOUR)
    carrier.breaks_after = 0
    with pytest.raises(CarrierError):
        carrier.keep_up(NOON + 2 * HOUR)
    carrier.breaks_after = None
    assert carrier.keep_up(NOON + 3 * HOUR).compared == 2


def test_after_a_long_break_the_newest_comes_first_and_no_day_is_left_out(
    here: Service, carrier: LossyCarrier
) -> None:
    unheard(carrier, 0, NOON)
    carrier.keep_up(NOON + 10 * MINUTE)
    away = [unheard(carrier, hour, NOON + hour * HOUR) for hour in range(1, 10 * 24)]
    back = NOON + 10 * DAY
    carrier.keep_up(back)
    assert set(away[-48:]) | set(away[:23]) == taken(here) - {f"CA{0:032x}"}
    for minute in range(1, 8):
        carrier.keep_up(back + minute * MINUTE)
    assert set(away) < taken(here)
    assert carrier.keep_up(back + HOUR).compared < 60
    assert carrier.keep_up(back + HOUR + MINUTE).compared < 3


def test_a_day_of_a_long_break_that_cannot_be_read_keeps_no_new_call_waiting(
    here: Service, carrier: LossyCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    unheard(carrier, 0, NOON)
    carrier.keep_up(NOON + 10 * MINUTE)
    sid, usual = unheard(carrier, 1, NOON + 10 * DAY), LossyCarrier.calls

    def broken(self: LossyCarrier, since: datetime, until: datetime | None = None) -> object:
        if until:
            raise CarrierError("no such page")
        return usual(self, since)

    monkeypatch.setattr(LossyCarrier, "calls", broken)
    with pytest.raises(CarrierError):
        carrier.keep_up(NOON + 10 * DAY + HOUR)
    assert sid in taken(here)


@pytest.mark.parametrize("hours", [-24, 24])
def test_a_clock_that_was_a_day_off_leaves_no_call_out(
    here: Service, carrier: LossyCarrier, hours: int
) -> None:
    off, sids = hours * HOUR, set[str]()
    for number in range(60):
        rang_at = NOON + number * 30 * MINUTE
        sids.add(unheard(carrier, number, rang_at))
        carrier.keep_up(rang_at + 5 * MINUTE + (off if 10 < number < 50 else timedelta()))
    assert taken(here) == sids
    assert carrier.since[-1] == NOON + 58 * 30 * MINUTE - OVERLAP


def test_workers_that_begin_at_the_same_moment_share_one_bookmark(
    here: Service, carrier: LossyCarrier
) -> None:
    unheard(carrier, 1, NOON)
    at_once([lambda: carrier.keep_up(NOON + 10 * MINUTE)] * 6)
    assert [mark.at for mark in here.rows(Bookmark)] == [NOON - OVERLAP]


def test_open_calls_are_found_without_looking_at_those_that_have_ended(here: Service) -> None:
    words = "EXPLAIN QUERY PLAN " if here.database.is_sqlite else "EXPLAIN "
    asked: list[str] = []

    def explain(_c: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        if not statement.startswith("SELECT"):
            return
        with here.database.engine.connect() as beside:
            if not here.database.is_sqlite:  # so few rows would be read from one end to the other
                beside.exec_driver_sql("SET enable_seqscan = off")
            asked.append(str(beside.exec_driver_sql(words + statement, values).fetchall()))

    engine = here.parts.intake.database.engine
    event.listen(engine, "before_cursor_execute", explain)
    with here.parts.intake.database.reading() as session:
        open_calls(session, NOON)
    assert ["ix_calls_to_number_rung_at" in plan for plan in asked] == [True]
