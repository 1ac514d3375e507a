"""A day with robots that look like people and all come from one place: people do not notice."""

import heapq
import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select

from callweave.domain.ids import Mint
from callweave.domain.leases.advice import advise
from callweave.storage.accounts import Site
from callweave.storage.database import Database
from callweave.storage.lending import Lent
from callweave.storage.prepared import HotTransaction
from callweave.storage.reports.pool_use import pool_use
from callweave.storage.reports.pools import pool_lines
from callweave.storage.sites import SiteFacts, load_site
from callweave.web.networks import NewVisits
from callweave.workflows.welcome_visitor import Arrival, welcome_visitor
from databases import SqliteDatabases
from pool_traffic import weeks_of_visits
from shops import NOON, open_shop, shop

NUMBERS, TIMES = 45, 4  # holds for 99.5 % of them without robots
MIDNIGHT = NOON.replace(day=NOON.day + 1, hour=0)
ROBOTS = "192.0.2.0/24"
Request = tuple[datetime, str]


@pytest.fixture
def database(sqlite: SqliteDatabases) -> Iterator[Database]:
    with sqlite.migrated() as url:
        database = Database(url)
        yield database
        database.close()


def people() -> list[Request]:
    """Most from somewhere of their own, a few from one office."""
    luck = Random(4)
    starts = weeks_of_visits(MIDNIGHT + timedelta(hours=23, minutes=59), 1, TIMES)
    homes = [f"10.{luck.randrange(200)}.{luck.randrange(200)}.0/24" for _ in range(400)]
    return [(at, luck.choice(homes)) for at in starts]


def robots() -> list[Request]:
    return [(MIDNIGHT + timedelta(seconds=3 * nth), ROBOTS) for nth in range(20 * 60 * 24)]


def advised(database: Database) -> int:
    """How many numbers the plan says it takes."""
    now = MIDNIGHT + timedelta(hours=23, minutes=59)
    with database.reading() as session:
        (line,) = pool_lines(session, list(session.scalars(select(Site))), now)
        use = pool_use(session, line, now)
        advice = use and advise(use.arrivals, use.held_s, 0.99, Random(1).random)
        assert advice
        return advice.numbers


def day_of(tx: HotTransaction, site: SiteFacts, came: Iterator[Request]) -> dict[str, Counter[str]]:
    """What robots and people were shown; each of them is new and looks at one page."""
    mint, visits = Mint(os.urandom), NewVisits(120)
    shown: dict[str, Counter[str]] = {"people": Counter(), "robots": Counter()}
    for at, network in came:
        who = shown["robots" if network == ROBOTS else "people"]
        if not visits.allows(network, at):
            who["default"] += 1
            continue
        crowded = visits.are_a_crowd(network, at)
        url = "https://shop.example/"
        arrival = Arrival(None, None, url, None, "", ["main"], None, None, crowded)
        offer = welcome_visitor(tx, mint, site, arrival, at).numbers[0]
        visits.count(network, at)
        who[offer.assignment if isinstance(offer, Lent) else "none"] += 1
    return shown


@pytest.mark.slow
def test_people_have_numbers_of_their_own_whatever_robots_come(database: Database) -> None:
    site = open_shop(database, shop(NUMBERS), Mint(os.urandom))
    with database.reading() as session:
        facts = load_site(session, site.id)
    assert facts
    with database.hot() as tx:
        shown = day_of(tx, facts, heapq.merge(people(), robots()))
    assert sum(shown["people"].values()) > 500
    assert shown["people"]["exclusive"] / sum(shown["people"].values()) >= 0.99
    assert shown["robots"]["exclusive"] < 0.1 * sum(shown["robots"].values())


@pytest.mark.slow
def test_nobody_is_advised_to_buy_numbers_for_robots(sqlite: SqliteDatabases) -> None:
    """Beyond the few free ones that robots do get."""
    numbers = []
    for came in (people(), heapq.merge(people(), robots())):
        with sqlite.migrated() as url:
            database = Database(url)
            site = open_shop(database, shop(11), Mint(os.urandom))
            with database.reading() as session:
                facts = load_site(session, site.id)
            assert facts
            with database.hot() as tx:
                day_of(tx, facts, iter(came))
            numbers.append(advised(database))
            database.close()
    without, with_robots = numbers
    assert without <= with_robots <= without + 2
