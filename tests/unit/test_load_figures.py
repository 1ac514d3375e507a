"""A load run holds only where the phone was answered, and where that was really tried."""

from collections import Counter
from typing import Any

import pytest

from load.attacks import FAILED, LENT, SITES_OWN, SLOW_CLOSED, SLOW_HELD, SLOW_OPENED, TURNED_AWAY
from load.figures import figures, verdict
from load.people import Ring, Told
from load.proxy import WITHOUT
from load.rounds import LOADS, Found, Load

IDLE, PAGES, SLOW, FLOOD, BOTH = LOADS
OPENED, ANSWERED = (
    {SLOW_OPENED: 2_000, SLOW_CLOSED: 1_000, SLOW_HELD: 9_000},
    {LENT: 40, TURNED_AWAY: 900},
)
ATTACKS = {SLOW: OPENED, FLOOD: ANSWERED, BOTH: OPENED | ANSWERED}


def found(load: Load, **changed: Any) -> Found:
    """In which all is well, but for what is ``changed``."""
    rings = [Ring(0.02, "agent")] * 10
    pages = {"exclusive": 480} if load.pages_per_s else {}
    told = Told(changed.get("rings", rings), changed.get("pages", pages), changed.get("lost", 0))
    return Found(load, 30, [told], Counter(changed.get("did", ATTACKS.get(load, {}))))


def complaints(load: Load, **changed: Any) -> list[str]:
    both = {IDLE.name: found(IDLE), load.name: found(load, **changed)}
    return verdict(figures(both), is_proxied=True)


def test_a_run_in_which_all_is_well_holds() -> None:
    all_of_them = figures({load.name: found(load) for load in LOADS})
    assert verdict(all_of_them, is_proxied=True) == []
    assert all(each.holds for each in all_of_them)


def test_a_run_without_the_proxy_does_not_hold() -> None:
    all_of_them = figures({load.name: found(load) for load in LOADS})
    assert verdict(all_of_them, is_proxied=False) == [WITHOUT]


@pytest.mark.parametrize(
    ("load", "changed"),
    [
        (PAGES, {"rings": [Ring(0.02, "agent")] * 9 + [Ring(0.02, "voicemail")]}),
        (PAGES, {"rings": [Ring(0.07, "agent")] * 10}),
        (PAGES, {"lost": 1}),
        (PAGES, {"pages": {"failure": 480}}),
        (PAGES, {"pages": {"exclusive": 479, "failure": 1}}),
        (PAGES, {"pages": {}}),
        (SLOW, {"did": {}}),
        (SLOW, {"did": {SLOW_OPENED: 1_000}}),
        (SLOW, {"did": {SLOW_OPENED: 9_000, SLOW_CLOSED: 8_000}}),
        (FLOOD, {"did": {}}),
        (FLOOD, {"did": {TURNED_AWAY: 900}}),
        (BOTH, {"did": OPENED}),
        (BOTH, {"did": ANSWERED}),
    ],
)
def test_a_run_does_not_hold_where_somebody_was_let_down_or_nobody_attacked(
    load: Load, changed: Any
) -> None:
    why = complaints(load, **changed)
    assert len(why) == 1
    assert why[0].startswith(f"{load.name}: ")


def test_a_flood_that_only_failed_was_none() -> None:
    assert complaints(FLOOD, did={FAILED: 900}) == [
        f"{FLOOD.name}: the flood got no answer from the service",
        f"{FLOOD.name}: the flood failed more often than not",
    ]
    assert complaints(FLOOD, did={LENT: 40, FAILED: 41}) != []


def test_a_flood_that_failed_at_times_was_one() -> None:
    assert complaints(FLOOD, did={SITES_OWN: 40, FAILED: 40}) == []


def test_a_visitor_who_is_shown_the_sites_own_number_got_an_answer() -> None:
    assert complaints(BOTH, pages={"exclusive": 100, "default": 380}) == []
