"""Whatever visitors do, and however long they wait: what lending promises, its own book shows."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from callweave.domain.ids import Mint
from callweave.domain.leases import PROMISED
from callweave.domain.leases.pools import PoolRules, Step
from callweave.storage.database import Database
from callweave.storage.lending import Lent
from callweave.storage.numbers import Lease, Number
from callweave.storage.prepared import HotTransaction, Prepared
from callweave.storage.sites import SiteFacts, load_site
from callweave.storage.visits import Visit
from callweave.workflows.keep_visit import PageEvent, SeenVisit, keep_visit
from callweave.workflows.set_up_site import PoolSetUp
from callweave.workflows.welcome_visitor import Arrival, Welcome, welcome_visitor
from databases import Databases
from shops import NOON, OVERFLOW, counting_mint, open_shop, shop, tracked

NUMBERS = 3
LEASE, REST = timedelta(minutes=10), timedelta(minutes=20)
ADVERT, PAGE, ALIVE, LEAVE = "ad", "page", "alive", "leave"

# Who of a few people, what they do, and for how many seconds nothing had happened before.
acts = st.tuples(
    st.integers(0, 5),
    st.sampled_from([PAGE, PAGE, ADVERT, ALIVE, LEAVE]),
    st.sampled_from([0, 0, 1, 1, 20, 30, 60, 60, 120, 300, 449, 451])
    | st.sampled_from([0, 60, 599, 600, 601, 1199, 1200, 1201, 1800, 1801, 4000]),
)
_BOOK = Prepared(
    select(Number.e164, Visit.visitor_id, Lease.visit_id, Lease.started_at, Lease.expires_at)
    .join(Number, Number.id == Lease.number_id)
    .join(Visit, Visit.id == Lease.visit_id)
    .where(Lease.assignment == "exclusive")
    .order_by(Lease.started_at, Lease.id)
)


@dataclass(frozen=True)
class Line:
    number: str
    visitor: str
    visit: str
    started_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Shown:
    at: datetime
    welcome: Welcome
    before: Welcome | None
    advert: bool

    @property
    def lent(self) -> Lent:
        offer = self.welcome.numbers[0]
        assert isinstance(offer, Lent)
        return offer


@dataclass
class Day:
    """What was told, and who gave a sign of life when; ``book`` is what was kept of it."""

    tx: HotTransaction
    site: SiteFacts
    mint: Mint
    now: datetime = NOON
    known: dict[int, Welcome] = field(default_factory=dict)
    shown: list[Shown] = field(default_factory=list)
    signs: list[tuple[datetime, str]] = field(default_factory=list)

    def play(self, who: int, act: str, wait_s: int) -> None:
        self.now += timedelta(seconds=wait_s)
        before = self.known.get(who)
        if act in {PAGE, ADVERT}:
            self.view(who, before, advert=act == ADVERT)
        elif before:
            seen = SeenVisit(before.visitor, before.visit)
            keep_visit(self.tx, self.mint, self.site, seen, PageEvent(act, {}), self.now)
            self.signs += [(self.now, before.visit)] if act == ALIVE else []

    def view(self, who: int, before: Welcome | None, *, advert: bool) -> None:
        visitor, visit = (before.visitor, before.visit) if before else (None, None)
        url = "https://shop.example/?gclid=abc" if advert else "https://shop.example/"
        arrival = Arrival(visitor, visit, url, None, "", ["main"], None, None)
        welcome = welcome_visitor(self.tx, self.mint, self.site, arrival, self.now)
        self.known[who] = welcome
        self.shown.append(Shown(self.now, welcome, before, advert))
        self.signs.append((self.now, welcome.visit))

    def book(self) -> list[Line]:
        return [Line(*row) for row in self.tx.rows(_BOOK)]


def handed_on(book: Sequence[Line]) -> Iterator[tuple[Line, Line]]:
    """A number's leases, each with the next."""
    for number in tracked(NUMBERS):
        yield from pairwise(line for line in book if line.number == number)


def nobody_shares(day: Day, book: Sequence[Line]) -> None:
    for first, second in handed_on(book):
        assert first.expires_at <= second.started_at


def what_was_promised_is_kept(day: Day, book: Sequence[Line]) -> None:
    for first, second in handed_on(book):
        if first.visitor != second.visitor:
            held = (at for at, visit in day.signs if visit == first.visit)
            for at in (at for at in held if first.started_at <= at < second.started_at):
                assert second.started_at >= at + LEASE * PROMISED


def rests_are_kept_or_told(day: Day, book: Sequence[Line]) -> None:
    """And where one is cut short, no other number had rested for longer."""
    new = [each for each in day.shown if each.lent.is_new]
    steps = {(each.lent.number.e164, each.at, each.welcome.visit): each.lent for each in new}
    for first, second in handed_on(book):
        if first.visitor == second.visitor:
            continue
        rested = second.started_at - first.expires_at >= REST
        step = steps[second.number, second.started_at, second.visit].step
        assert step is (Step.EXCLUSIVE if rested else Step.WITHOUT_COOL_DOWN)
        for number in tracked(NUMBERS):
            before = book[: book.index(second)]
            earlier = [line for line in before if line.number == number]
            assert earlier or rested, "a number that nobody had was passed over"
            last = earlier[-1].expires_at if earlier else second.started_at
            assert rested or last >= first.expires_at


def who_comes_back_gets_the_same(day: Day, book: Sequence[Line]) -> None:
    for each in day.shown:
        if not (each.before and each.welcome.is_new):
            continue
        mine = [line for line in book if line.visit == each.before.visit]
        others = (x for x in book if mine and x.number == mine[-1].number)
        since = [x for x in others if mine[-1].started_at < x.started_at <= each.at]
        if mine and all(line.visit == each.welcome.visit for line in since):
            assert each.lent.number.e164 == mine[-1].number


def nobody_goes_without_while_a_number_is_free(day: Day, book: Sequence[Line]) -> None:
    for each in day.shown:
        if each.lent.step is Step.OVERFLOW and each.lent.is_new and each.advert:
            held = {x.number for x in book if x.started_at <= each.at < x.expires_at}
            assert held == set(tracked(NUMBERS))


RULES = (
    nobody_shares,
    what_was_promised_is_kept,
    rests_are_kept_or_told,
    who_comes_back_gets_the_same,
    nobody_goes_without_while_a_number_is_free,
)


class _OverError(Exception):
    """Takes back what a day has written."""


def opened(database: Database) -> SiteFacts:
    rules = PoolRules(cooldown_s=int(REST.total_seconds()), reserve_paid=1)
    pool = PoolSetUp("main", int(LEASE.total_seconds()), tracked(NUMBERS), OVERFLOW, rules)
    site = open_shop(database, replace(shop(), pools=(pool,)))
    with database.reading() as session:
        facts = load_site(session, site.id)
    assert facts
    return facts


def through(
    database: Database, site: SiteFacts, played: Sequence[tuple[int, str, int]]
) -> tuple[Day, list[Line]]:
    found: list[tuple[Day, list[Line]]] = []
    with suppress(_OverError), database.hot() as tx:
        tx.lock("so that all of it is one transaction")
        day = Day(tx, site, counting_mint())
        for act in played:
            day.play(*act)
        found.append((day, day.book()))
        raise _OverError
    return found[0]


def test_lending_keeps_its_promises_by_any_clock(databases: Databases) -> None:
    with databases.migrated() as url:
        database = Database(url)
        site = opened(database)

        @settings(max_examples=100)
        @given(st.lists(acts, min_size=20, max_size=80))
        def holds(played: list[tuple[int, str, int]]) -> None:
            day, book = through(database, site, played)
            for rule in RULES:
                rule(day, book)

        holds()
        database.close()
