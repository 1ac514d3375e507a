"""What pages are shown where a site has pools of several kinds, step by step."""

import pytest
from sqlalchemy import select

from callweave.domain.leases.pools import Kind, PoolRules, Step
from callweave.storage.database import Database
from callweave.storage.lending import Lent, PoolExhausted
from callweave.storage.numbers import Lease
from callweave.storage.offering import NoneFits
from callweave.workflows.set_up_site import PoolSetUp
from offering_stage import (
    ADVERT,
    LETTER,
    LONDON,
    LONDON_OVERFLOW,
    NEWS,
    STAND_IN,
    Site,
    by_source,
    got,
    main_pool,
    of_london,
    told,
)
from shops import OVERFLOW, tracked


def test_a_visitor_who_comes_back_gets_the_number_of_before(database: Database) -> None:
    site = Site(database, main_pool(5))
    first = site.view()
    site.clock.move(hours=3)
    again = site.view(first)
    assert again.visit != first.visit
    assert got(again) == got(first)


def test_a_number_that_somebody_else_has_is_not_taken_back(database: Database) -> None:
    site = Site(database, main_pool(1))
    first = site.view()
    site.clock.move(hours=3)
    site.view()
    assert got(site.view(first)) == (OVERFLOW, Step.OVERFLOW)


def test_a_new_visit_takes_a_live_number_along_and_ends_its_lease(database: Database) -> None:
    """Another campaign begins another visit in the middle of the first."""
    site = Site(database, main_pool(5))
    first = site.view()
    site.clock.move(minutes=5)
    again = site.view(first, ADVERT)
    assert (again.is_new, got(again)) == (True, got(first))
    with database.reading() as session:
        book = {lease.visit_id: lease for lease in session.scalars(select(Lease))}
    assert book[first.visit].expires_at == book[again.visit].started_at == site.clock()


def test_a_number_rests_before_it_is_shown_to_somebody_else(database: Database) -> None:
    site = Site(database, main_pool(2, cooldown_s=3600))
    early = site.view()
    site.clock.move(minutes=31)
    assert got(site.view())[0] != got(early)[0]
    site.clock.move(minutes=60)
    assert got(site.view()) == (got(early)[0], Step.EXCLUSIVE)


def test_a_drained_pool_cuts_the_rest_short_and_says_so(database: Database) -> None:
    site = Site(database, main_pool(1, cooldown_s=3600))
    first = got(site.view())
    assert first[1] is Step.EXCLUSIVE
    site.clock.move(minutes=89)
    assert got(site.view()) == (first[0], Step.WITHOUT_COOL_DOWN)
    site.clock.move(minutes=91)
    assert got(site.view()) == first


def test_a_visitor_who_comes_back_need_not_wait_for_a_rest(database: Database) -> None:
    site = Site(database, main_pool(1, cooldown_s=3600))
    first = site.view()
    site.clock.move(minutes=31)
    assert got(site.view(first)) == got(first)


def test_the_last_numbers_are_for_visits_that_were_paid_for(database: Database) -> None:
    site = Site(database, main_pool(3, reserve_paid=2))
    assert got(site.view())[1] is Step.EXCLUSIVE
    assert got(site.view()) == (OVERFLOW, Step.OVERFLOW)
    assert [got(site.view(url=ADVERT))[1] for _ in range(3)] == [
        Step.EXCLUSIVE,
        Step.EXCLUSIVE,
        Step.OVERFLOW,
    ]


def test_a_source_goes_before_the_visitors_pool(database: Database) -> None:
    site = Site(database, main_pool(3), by_source(NEWS))
    letter = site.view(url=LETTER)
    assert got(letter) == (NEWS, Step.SOURCE)
    assert got(site.view())[1] is Step.EXCLUSIVE


def test_the_number_stays_on_pages_that_say_nothing_of_the_source(database: Database) -> None:
    site = Site(database, main_pool(3), by_source(NEWS))
    letter, plain = site.view(url=LETTER), site.view()
    site.clock.move(minutes=20)
    assert got(site.view(letter)) == (NEWS, Step.SOURCE)
    assert got(site.view(plain)) == got(plain)
    with database.reading() as session:
        assert len(session.scalars(select(Lease)).all()) == 2


def test_a_drained_pool_goes_down_step_by_step(database: Database) -> None:
    site = Site(database, main_pool(1), by_source(STAND_IN, stands_in=True))
    assert got(site.view(url=LETTER))[1] is Step.EXCLUSIVE
    assert got(site.view(url=LETTER)) == (STAND_IN, Step.STAND_IN)
    assert got(site.view()) == (OVERFLOW, Step.OVERFLOW)


def test_who_was_shown_a_stand_in_keeps_it(database: Database) -> None:
    site = Site(database, main_pool(1), by_source(STAND_IN, stands_in=True))
    site.view()
    late = site.view(url=LETTER)
    site.clock.move(minutes=29)
    site.view(late)
    site.clock.move(minutes=20)
    assert got(site.view(late)) == (STAND_IN, Step.STAND_IN)


def test_a_drained_pool_of_an_area_falls_back_on_the_pool_for_everybody(database: Database) -> None:
    site = Site(database, main_pool(1), of_london(LONDON))
    visits = [site.view() for _ in range(3)]
    assert [told(visit) for visit in visits] == [
        (LONDON, "exclusive", "exclusive"),
        (tracked(1)[0], "exclusive", "next_pool"),
        (OVERFLOW, "shared", "next_overflow"),
    ]
    site.clock.move(minutes=20)
    assert [got(site.view(visit))[0] for visit in visits] == [LONDON, tracked(1)[0], OVERFLOW]
    with database.reading() as session:
        assert len(session.scalars(select(Lease)).all()) == 3


def test_a_pool_of_an_area_shows_its_own_overflow_number_first(database: Database) -> None:
    site = Site(database, main_pool(1), of_london(LONDON, LONDON_OVERFLOW))
    assert [told(site.view())[0] for _ in range(2)] == [LONDON, LONDON_OVERFLOW]


def test_a_stand_in_goes_before_the_next_pool(database: Database) -> None:
    site = Site(database, main_pool(1), of_london(LONDON), by_source(STAND_IN, stands_in=True))
    site.view()
    assert got(site.view(url=LETTER)) == (STAND_IN, Step.STAND_IN)
    assert told(site.view())[2] == "next_pool"


def test_a_number_of_the_next_pool_that_has_not_rested_counts_there(database: Database) -> None:
    site = Site(database, main_pool(1, overflow=False, cooldown_s=7200), of_london(LONDON))
    early = [site.view(), site.view()]
    site.clock.move(minutes=20)
    site.view(early[0])
    site.clock.move(minutes=20)
    lent = site.view().numbers[0]
    assert isinstance(lent, Lent)
    assert (lent.step, lent.reason) == (Step.WITHOUT_COOL_DOWN, "next_pool")
    assert lent.pool_id == site.facts.pools["main"].id


def test_where_every_pool_that_fits_is_drained_the_pages_own_number_stays(
    database: Database,
) -> None:
    site = Site(database, main_pool(1, overflow=False), of_london(LONDON))
    last = [site.view() for _ in range(3)][-1]
    assert last.numbers == (PoolExhausted("main", site.facts.pools["london"].id),)


def test_where_no_pool_fits_the_pages_own_number_stays(database: Database) -> None:
    site = Site(database, by_source(NEWS))
    assert site.view().numbers == (NoneFits("main"),)


@pytest.mark.parametrize("kind", [Kind.PLACEMENT, Kind.UNSHOWN])
def test_what_stands_in_print_or_nowhere_is_never_shown(database: Database, kind: Kind) -> None:
    hidden = PoolSetUp("van", 1800, (NEWS,), None, PoolRules(kind))
    site = Site(database, main_pool(1), hidden)
    assert list(site.facts.serving) == ["main"]
