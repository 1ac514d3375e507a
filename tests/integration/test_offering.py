"""What pages are shown where a site has pools of several kinds, step by step."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from callweave.domain.leases.pools import Kind, Origin, PoolRules, Step
from callweave.domain.visits.channels import Channel
from callweave.storage.database import Database
from callweave.storage.lending import Lent, PoolExhausted
from callweave.storage.numbers import Lease
from callweave.storage.offering import NoneFits
from callweave.storage.sites import SiteFacts, load_site
from callweave.workflows.set_up_site import PoolSetUp
from callweave.workflows.welcome_visitor import Arrival, Welcome, welcome_visitor
from shops import OVERFLOW, Clock, counting_mint, open_shop, shop, tracked

LONDON, LONDON_OVERFLOW = "+442079460301", "+442079460302"
NEWS, STAND_IN = "+442079460201", "+442079460202"
NEWSLETTER = Origin(Channel.EMAIL, "newsletter", "email", None)
ADVERT = "https://shop.example/?gclid=abc"
LETTER = "https://shop.example/?utm_source=newsletter&utm_medium=email"


def by_source(number: str, *, stands_in: bool = False) -> PoolSetUp:
    when = {"sources": ["newsletter"]}
    rules = PoolRules(Kind.SOURCE, "main", when, stands_in=stands_in, origin=NEWSLETTER)
    return PoolSetUp(f"by source {number}", 1800, (number,), None, rules)


def main_pool(numbers: int, *, overflow: bool = True, **rules: int) -> PoolSetUp:
    spare = OVERFLOW if overflow else None
    return PoolSetUp("main", 1800, tracked(numbers), spare, PoolRules(**rules))  # type: ignore[arg-type]  # whole numbers only


class Site:
    def __init__(self, database: Database, *pools: PoolSetUp) -> None:
        self.database, self.clock, self.mint = database, Clock(), counting_mint()
        site = open_shop(database, replace(shop(), pools=pools), self.mint)
        with database.reading() as session:
            facts = load_site(session, site.id)
        assert facts
        self.facts: SiteFacts = facts

    def view(self, before: Welcome | None = None, url: str = "https://shop.example/") -> Welcome:
        visitor = before.visitor if before else None
        visit = before.visit if before else None
        arrival = Arrival(visitor, visit, url, None, "", ["main"], "Europe/London", "en-GB")
        with self.database.hot() as tx:
            return welcome_visitor(tx, self.mint, self.facts, arrival, self.clock())


def got(welcome: Welcome) -> tuple[str, Step]:
    lent = welcome.numbers[0]
    assert isinstance(lent, Lent)
    return lent.number.e164, lent.step


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


def of_london(number: str, overflow: str | None = None) -> PoolSetUp:
    rules = PoolRules(serves="main", conditions={"time_zones": ["Europe/London"]})
    return PoolSetUp("london", 1800, (number,), overflow, rules)


def told(welcome: Welcome) -> tuple[str, str, str]:
    lent = welcome.numbers[0]
    assert isinstance(lent, Lent)
    return lent.number.e164, lent.assignment, lent.reason


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
