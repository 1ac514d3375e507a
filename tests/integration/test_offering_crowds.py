"""What a crowd from one network is told: that numbers are kept from it, where any are left."""

import pytest

from callweave.domain.leases.pools import Step
from callweave.storage.database import Database
from callweave.storage.lending import Lent, PoolExhausted
from offering_stage import (
    ADVERT,
    LETTER,
    LONDON,
    LONDON_OVERFLOW,
    STAND_IN,
    Site,
    by_source,
    got,
    main_pool,
    of_london,
    told,
)
from shops import OVERFLOW


def test_what_others_would_get_is_kept_from_a_crowd(database: Database) -> None:
    site = Site(database, main_pool(3))
    site.view()
    assert got(site.view(crowded=True)) == (OVERFLOW, Step.HELD_BACK)
    assert got(site.view())[1] is Step.EXCLUSIVE


def test_where_nothing_is_left_nothing_is_kept_from_a_crowd(database: Database) -> None:
    site = Site(database, main_pool(1))
    site.view()
    lent = site.view(crowded=True).numbers[0]
    assert isinstance(lent, Lent)
    assert (lent.step, lent.assignment, lent.of_crowd) == (Step.OVERFLOW, "shared", True)


@pytest.mark.parametrize("free", [True, False])
def test_a_later_page_is_told_how_it_stands_then(database: Database, *, free: bool) -> None:
    site = Site(database, main_pool(1))
    first = site.view()
    late = site.view(crowded=True)
    site.clock.move(minutes=20)
    if not free:
        site.view(first)
    site.clock.move(minutes=9)
    site.view(late)
    site.clock.move(minutes=2)
    step = Step.HELD_BACK if free else Step.OVERFLOW
    assert got(site.view(late)) == (OVERFLOW, step)


def test_the_reserve_is_kept_from_anybody_who_costs_nothing(database: Database) -> None:
    site = Site(database, main_pool(2, reserve_paid=1))
    site.view()
    assert got(site.view(crowded=True))[1] is Step.OVERFLOW
    assert got(site.view(url=ADVERT, crowded=True))[1] is Step.HELD_BACK


def test_a_stand_in_is_shown_to_a_crowd_as_to_anybody(database: Database) -> None:
    site = Site(database, main_pool(1), by_source(STAND_IN, stands_in=True))
    assert got(site.view(url=LETTER, crowded=True)) == (STAND_IN, Step.HELD_BACK)
    site.view()
    assert got(site.view(url=LETTER, crowded=True)) == (STAND_IN, Step.STAND_IN)


def test_what_the_next_pool_has_left_is_kept_from_a_crowd(database: Database) -> None:
    site = Site(database, main_pool(1, overflow=False), of_london(LONDON))
    site.view()
    london = site.facts.pools["london"].id
    assert site.view(crowded=True).numbers == (
        PoolExhausted("main", london, held_back=True, of_crowd=True),
    )
    assert told(site.view())[2] == "next_pool"
    assert site.view(crowded=True).numbers == (PoolExhausted("main", london, of_crowd=True),)


def test_what_nobody_would_be_lent_from_the_next_pool_is_kept_from_nobody(
    database: Database,
) -> None:
    """Whose own pool has an overflow number is shown that one."""
    site = Site(database, main_pool(3), of_london(LONDON, LONDON_OVERFLOW))
    site.view()
    assert got(site.view(crowded=True)) == (LONDON_OVERFLOW, Step.OVERFLOW)
