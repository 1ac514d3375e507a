"""Numbers are lent, kept, freed and shared."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from callweave.domain.leases import PROMISED
from callweave.storage.database import Database
from callweave.storage.lending import Lent, PoolExhausted
from callweave.storage.numbers import Lease
from callweave.storage.sites import SiteFacts, load_site
from callweave.storage.visits import PageView
from callweave.workflows.keep_visit import PageEvent, SeenVisit, keep_visit
from callweave.workflows.welcome_visitor import Arrival, Welcome, welcome_visitor
from shops import NOON, OVERFLOW, Clock, counting_mint, open_shop, shop, tracked

Visit = Callable[..., Welcome]


class Counter:
    """The website's side of one shop, with a clock that tests move."""

    def __init__(self, database: Database, numbers: int, *, overflow: bool = True) -> None:
        self.database = database
        self.clock = Clock()
        self.mint = counting_mint(10**6)
        site = open_shop(database, shop(numbers, overflow=overflow), self.mint)
        with database.reading() as session:
            facts = load_site(session, site.id)
        assert facts
        self.site: SiteFacts = facts

    def view(
        self,
        before: Welcome | None = None,
        url: str = "https://shop.example/",
        referrer: str | None = None,
    ) -> Welcome:
        visitor, visit = (before.visitor, before.visit) if before else (None, None)
        arrival = Arrival(visitor, visit, url, referrer, "Shop", ["main"], "Europe/London", "en-GB")
        with self.database.hot() as tx:
            return welcome_visitor(tx, self.mint, self.site, arrival, self.clock())

    def stay(self, visit: Welcome) -> None:
        seen = SeenVisit(visit.visitor, visit.visit)
        with self.database.hot() as tx:
            keep_visit(tx, self.mint, self.site, seen, PageEvent("alive", {}), self.clock())

    def book(self) -> list[Lease]:
        with self.database.reading() as session:
            return list(session.scalars(select(Lease).order_by(Lease.id)))


def number(welcome: Welcome) -> str:
    lent = welcome.numbers[0]
    assert isinstance(lent, Lent)
    return lent.number.e164


@pytest.fixture
def counter(database: Database) -> Counter:
    return Counter(database, 3)


def test_every_visitor_gets_a_number_of_their_own(counter: Counter) -> None:
    shown = {number(counter.view()) for _ in range(3)}
    assert shown == set(tracked(3))


def test_the_number_stays_the_same_for_the_whole_visit(counter: Counter) -> None:
    first = counter.view()
    counter.clock.move(minutes=5)
    again = counter.view(first)
    assert not again.is_new
    assert number(again) == number(first)
    assert len(counter.book()) == 1


def test_the_number_that_has_been_free_the_longest_is_lent_next(counter: Counter) -> None:
    visits = [counter.view()]
    for _ in range(2):
        counter.clock.move(minutes=1)
        visits.append(counter.view())
    counter.clock.move(minutes=10)
    counter.stay(visits[0])  # its lease is now the last to end
    counter.clock.move(minutes=25)
    assert number(counter.view()) == number(visits[1])


def test_a_lease_that_is_kept_alive_does_not_end(counter: Counter) -> None:
    kept = counter.view()
    for _ in range(6):
        counter.clock.move(minutes=10)
        counter.stay(kept)
    others = {number(counter.view()) for _ in range(2)}
    assert number(kept) not in others
    assert counter.book()[0].expires_at == counter.clock.move(minutes=30)


def test_a_young_lease_is_not_written_again(counter: Counter) -> None:
    first = counter.view()
    counter.clock.move(minutes=7)
    counter.view(first)
    assert counter.book()[0].expires_at == NOON.replace(minute=30)


def test_a_lease_that_nobody_renews_frees_its_number(counter: Counter) -> None:
    gone = counter.view()
    counter.clock.move(minutes=31)
    shown = {number(counter.view()) for _ in range(3)}
    assert number(gone) in shown


def test_when_all_numbers_are_lent_the_overflow_number_is_shared(counter: Counter) -> None:
    for _ in range(3):
        counter.view()
    late = [counter.view(), counter.view()]
    assert [number(visit) for visit in late] == [OVERFLOW, OVERFLOW]
    assert all(isinstance(v.numbers[0], Lent) and v.numbers[0].assignment == "shared" for v in late)
    assert [lease.assignment for lease in counter.book()[3:]] == ["shared", "shared"]


def test_a_shared_number_stays_for_the_visit_when_others_become_free(counter: Counter) -> None:
    for _ in range(3):
        counter.view()
    late = counter.view()
    counter.clock.move(minutes=29)
    counter.stay(late)
    counter.clock.move(minutes=2)
    again = counter.view(late)
    assert number(again) == OVERFLOW
    assert len(counter.book()) == 4


def test_without_an_overflow_number_an_empty_pool_says_so(database: Database) -> None:
    counter = Counter(database, 1, overflow=False)
    counter.view()
    main = counter.site.pools["main"].id
    assert counter.view().numbers == (PoolExhausted("main", main),)


def test_a_visitor_who_comes_back_late_gets_the_old_number_if_it_is_still_free(
    counter: Counter,
) -> None:
    first = counter.view()
    counter.clock.move(minutes=29)
    counter.view()  # somebody else, on another number
    again = counter.view(first)
    assert number(again) == number(first)


def test_a_lapsed_number_that_was_lent_again_is_not_taken_back(database: Database) -> None:
    counter = Counter(database, 1)
    first = counter.view()
    counter.clock.move(minutes=25)
    counter.view(first)  # the visit goes on, the lease was renewed
    counter.clock.move(minutes=29)
    counter.view(first)
    counter.clock.move(minutes=31)
    other = counter.view()
    assert number(other) == tracked(1)[0]
    returned = counter.view(first)
    assert number(returned) == OVERFLOW


def test_a_page_that_asks_for_more_numbers_is_not_counted_twice(counter: Counter) -> None:
    url = "https://shop.example/bahamas"
    first = counter.view(url=url)
    counter.view(first, url, referrer=url)
    counter.view(first, url, referrer="https://shop.example/")
    with counter.database.reading() as session:
        pages = [view.page for view in session.scalars(select(PageView))]
    assert pages == [url, url]


def test_a_page_is_promised_no_more_than_is_left_of_its_lease(counter: Counter) -> None:
    first = counter.view()
    for _ in range(90):
        counter.clock.move(minutes=1)
        counter.stay(first)
        left = counter.book()[0].expires_at - counter.clock()
        assert left >= timedelta(seconds=1800 * PROMISED)
