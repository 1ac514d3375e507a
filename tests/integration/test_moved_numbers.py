"""A number that is released and taken into another pool leaves its past behind."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import select, update

from callweave.domain.leases.pools import Kind, PoolRules
from callweave.domain.matching import match_ring
from callweave.storage.accounts import Site
from callweave.storage.database import Database
from callweave.storage.numbers import Lease, Number, Pool
from callweave.storage.reports.calls import Wanted, call_lines
from callweave.storage.reports.pool_use import PoolUse, pool_use
from callweave.storage.reports.pools import Got, PoolLine, pool_lines
from callweave.storage.reports.scope import Scope
from callweave.storage.ringing import dialled_number
from callweave.workflows.release_numbers import retire
from callweave.workflows.set_up_site import PoolSetUp, add_numbers
from journeys import Teller
from pool_traffic import lent
from shops import NOON, Clock, counting_mint, open_shop, shop, tracked

(MOVED,) = tracked(1)
LEEDS, PROBE = "+441134960101", "+442079460401"
LONG_AGO = NOON - timedelta(days=60)
POOLS = (
    PoolSetUp("main", 1800, (MOVED,), None),
    PoolSetUp("leeds", 1800, (LEEDS,), None),
    PoolSetUp("probes", 1800, (PROBE,), None, PoolRules(Kind.UNSHOWN)),
)


class Shop:
    """With a pool of its own for the number that moves."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock, self.mint = database, Clock(), counting_mint()
        self.sids = count(1)
        self.site: Site = open_shop(database, replace(shop(), pools=POOLS), self.mint)
        with database.writing() as session:
            session.execute(update(Number).values(created_at=LONG_AGO, leased_until=LONG_AGO))

    def lend(self, pool: str, *starts: datetime, held_s: float = 1800) -> None:
        with self.database.writing() as session:
            into = session.scalars(select(Pool.id).where(Pool.name == pool)).one()
            lent(session, self.mint, into, starts, [held_s])
            until = max(starts) + timedelta(seconds=held_s)
            session.execute(update(Number).where(Number.pool_id == into).values(leased_until=until))

    def move(self, e164: str, pool: str, at: datetime) -> None:
        with self.database.writing() as session:
            number = session.scalars(select(Number.id).where(Number.e164 == e164)).one()
            assert retire(session, number, at, lent_too=True)
            into = session.scalars(select(Pool).where(Pool.name == pool)).one()
            add_numbers(session, self.mint, into, [e164], at, again=True)

    def ring(self, e164: str, at: datetime) -> None:
        with self.database.writing() as session:
            number = session.scalars(select(Number.id).where(Number.e164 == e164)).one()
            teller = Teller(session, session.merge(self.site), self.mint, self.sids)
            teller.call(at, None).number_id = number

    def line(self, pool: str) -> PoolLine:
        with self.database.reading() as session:
            lines = pool_lines(session, [self.site], self.clock())
        return next(line for line in lines if line.name == pool)

    def use(self, pool: str) -> PoolUse | None:
        with self.database.reading() as session:
            return pool_use(session, self.line(pool), self.clock())


@pytest.fixture
def here(database: Database) -> Shop:
    return Shop(database)


def days_ago(days: float) -> datetime:
    return NOON - timedelta(days=days)


def test_what_a_number_was_lent_for_stays_with_its_pool_of_then(here: Shop) -> None:
    here.lend("main", *(days_ago(days) for days in (6, 5, 4)))
    here.move(MOVED, "leeds", days_ago(3))
    here.lend("leeds", *(days_ago(days) for days in (2, 1)))
    assert {pool: here.line(pool).got for pool in ("main", "leeds")} == {
        "main": Got(exclusive=3),
        "leeds": Got(exclusive=2),
    }
    assert [(use := here.use(pool)) and use.got for pool in ("main", "leeds")] == [Got(3), Got(2)]


def test_for_how_long_it_was_held_is_told_of_its_pool_of_then(here: Shop) -> None:
    here.lend("main", days_ago(6), days_ago(5), held_s=600)
    here.move(MOVED, "leeds", days_ago(3))
    here.lend("leeds", days_ago(2.1), days_ago(2), days_ago(1.1), days_ago(1), held_s=900)
    main, leeds = here.use("main"), here.use("leeds")
    assert main
    assert leeds
    assert (set(main.held_s), set(leeds.held_s)) == ({600.0}, {900.0})


def test_it_counts_for_the_size_of_each_pool_while_it_was_there(here: Shop) -> None:
    """In main until its last lease there had ended, and in Leeds from its move on."""
    here.lend("main", days_ago(20), days_ago(15))
    here.lend("leeds", days_ago(20))
    here.move(MOVED, "leeds", days_ago(2))
    main, leeds = here.use("main"), here.use("leeds")
    assert main
    assert leeds
    assert (main.size.numbers, round(main.size.share, 2), main.size.today) == (0, 0.75, 0)
    assert (leeds.size.numbers, round(leeds.size.share, 2), leeds.size.today) == (1, 0.9, 2)


def test_who_moves_twice_leaves_each_pool_its_own(here: Shop) -> None:
    here.lend("main", days_ago(9))
    here.move(MOVED, "leeds", days_ago(8))
    here.lend("leeds", days_ago(7), days_ago(7))
    here.move(MOVED, "main", days_ago(6))
    here.lend("main", days_ago(5), days_ago(4))
    assert here.line("main").got == Got(exclusive=3)
    assert here.line("leeds").got == Got(exclusive=2)
    main = here.use("main")
    assert main
    assert main.got == Got(exclusive=3)


def test_calls_are_counted_by_the_pool_that_was_rung(here: Shop) -> None:
    for days in (9, 8, 1):
        here.ring(PROBE, days_ago(days))
    here.move(PROBE, "main", days_ago(3))
    assert {pool: here.line(pool).calls for pool in ("main", "probes")} == {"main": 1, "probes": 2}


def test_what_was_dialled_at_random_stays_so_in_the_list_of_calls(here: Shop) -> None:
    here.ring(PROBE, days_ago(8))
    here.move(PROBE, "main", days_ago(3))
    here.ring(PROBE, days_ago(1))
    scope = Scope(here.site.account_id, None, days_ago(20).date(), NOON.date())
    with here.database.reading() as session:
        lines = call_lines(session, Wanted(scope), 10)
    assert [line.is_spam_probe for line in lines] == [False, True]


def test_a_late_caller_is_known_by_the_number_of_before(here: Shop) -> None:
    here.lend("main", days_ago(4))
    here.move(MOVED, "leeds", days_ago(3))
    with here.database.hot() as tx:
        found = dialled_number(tx, MOVED)
    assert found
    match = match_ring(found[1], NOON)
    with here.database.reading() as session:
        lease = session.scalars(select(Lease)).one()
    assert match.holding
    assert match.holding.visit == lease.visit_id
