"""A site is made, or changed to what its file says; what is there is never taken away."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from callweave.domain.ids import Mint
from callweave.storage.accounts import Account, Site
from callweave.storage.database import Database
from callweave.storage.numbers import Number, Pool
from callweave.storage.plans import Agent, Plan, plan_in_force
from callweave.storage.schema import TABLES
from callweave.workflows.set_up_site import (
    AgentSetUp,
    NumberTakenError,
    PoolSetUp,
    SiteSetUp,
    set_up_site,
)
from shops import (
    FRONT_DESK,
    NOON,
    OVERFLOW,
    OWN_NUMBER,
    PLAN,
    counting_mint,
    open_shop,
    shop,
    tracked,
)


@pytest.fixture
def mint() -> Mint:
    return counting_mint()


def rows(database: Database, model: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.scalars(select(model).order_by(model.id)))


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    with database.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table))]
            for table in TABLES.sorted_tables
        }


def with_pool(wanted: SiteSetUp, *numbers: str, overflow: str | None = OVERFLOW) -> SiteSetUp:
    return replace(wanted, pools=(PoolSetUp("main", 900, numbers, overflow),))


def test_a_site_is_made_with_all_that_belongs_to_it(database: Database, mint: Mint) -> None:
    site = open_shop(database, shop(2), mint)
    assert (site.own_number_national, site.own_number_international) == (
        "020 7946 0000",
        "+44 20 7946 0000",
    )
    numbers = {(n.e164, n.role, n.national) for n in rows(database, Number)}
    assert numbers == {
        (OVERFLOW, "overflow", "020 7946 0099"),
        (tracked(2)[0], "pooled", "020 7946 0101"),
        (tracked(2)[1], "pooled", "020 7946 0102"),
    }
    assert [agent.name for agent in rows(database, Agent)] == ["Ana", "Ben", "Dev"]
    (plan,) = rows(database, Plan)
    assert (plan.version, plan.body, plan.published_by) == (1, PLAN, "a test")


def test_to_say_the_same_again_changes_nothing(database: Database, mint: Mint) -> None:
    open_shop(database, shop(), mint)
    before = everything(database)
    open_shop(database, shop(), mint)
    assert everything(database) == before


def test_what_the_file_says_otherwise_is_changed(database: Database, mint: Mint) -> None:
    made = open_shop(database, shop(), mint)
    agents = (AgentSetUp("Ana", "client:ana", {"norway": 2}, {"mon": ["09:00-17:00"]}),)
    changed = replace(
        with_pool(shop(), *tracked(3)),
        time_zone="Europe/Berlin",
        currency="EUR",
        default_destination="sip:desk@pbx.example",
        allowed_origins=("https://new.example",),
        lookback_days=30,
        topics=(),
        agents=agents,
    )
    again = open_shop(database, changed, mint)
    assert again.id == made.id
    assert (again.time_zone, again.currency, again.lookback_days) == ("Europe/Berlin", "EUR", 30)
    assert (again.default_destination, again.topics) == ("sip:desk@pbx.example", [])
    assert again.allowed_origins == ["https://new.example"]
    assert rows(database, Pool)[0].lease_s == 900
    ana = rows(database, Agent)[0]
    assert (ana.endpoint, ana.skills) == ("client:ana", {"norway": 2})
    assert ana.hours == {"mon": ["09:00-17:00"]}


def test_what_the_file_no_longer_names_stays(database: Database, mint: Mint) -> None:
    open_shop(database, shop(3), mint)
    little = replace(with_pool(shop(), *tracked(1), overflow=None), agents=(), plan=None)
    open_shop(database, little, mint)
    assert len(rows(database, Number)) == 4
    assert len(rows(database, Agent)) == 3
    assert [plan.version for plan in rows(database, Plan)] == [1]


def test_who_is_away_or_on_a_call_stays_so(database: Database, mint: Mint) -> None:
    open_shop(database, shop(), mint)
    with database.writing() as session:
        ana = session.scalars(select(Agent).where(Agent.name == "Ana")).one()
        ana.available, ana.call_id, ana.held_until = False, "ca_1", NOON
    open_shop(database, shop(), mint)
    ana = rows(database, Agent)[0]
    assert (ana.available, ana.call_id, ana.held_until) == (False, "ca_1", NOON)


def test_numbers_are_added_once(database: Database, mint: Mint) -> None:
    open_shop(database, with_pool(shop(), *tracked(1), *tracked(2)), mint)
    open_shop(database, with_pool(shop(), *tracked(4)), mint)
    assert sorted(n.e164 for n in rows(database, Number)) == sorted([*tracked(4), OVERFLOW])


def test_a_plan_that_differs_is_the_next_version(database: Database, mint: Mint) -> None:
    site = open_shop(database, shop(), mint)
    other = {**PLAN, "default": {"targets": [{"destination": FRONT_DESK}]}}
    for plan in (other, other, PLAN):
        open_shop(database, replace(shop(), plan=plan), mint)
    assert [plan.version for plan in rows(database, Plan)] == [1, 2, 3]
    with database.reading() as session:
        current = plan_in_force(session, site.id)
    assert current
    assert (current.version, current.body) == (3, PLAN)


@pytest.mark.parametrize(
    "second",
    [
        replace(shop(1, overflow=False), name="Another site"),
        replace(shop(1, overflow=False), account="Another account"),
        replace(shop(), pools=(PoolSetUp("sales", 900, tracked(1), None),)),
    ],
)
def test_a_number_has_one_use_and_a_second_one_changes_nothing(
    database: Database, mint: Mint, second: SiteSetUp
) -> None:
    open_shop(database, shop(), mint)
    before = everything(database)
    with pytest.raises(NumberTakenError, match="is in use elsewhere already"):
        open_shop(database, second, mint)
    assert everything(database) == before


def test_sites_of_one_account_share_its_agents(database: Database, mint: Mint) -> None:
    open_shop(database, shop(), mint)
    other = replace(with_pool(shop(), "+442079460301", overflow=None), name="Second shop")
    with database.writing() as session:
        set_up_site(session, mint, other, "a test", NOON)
    assert len(rows(database, Account)) == 1
    assert len(rows(database, Site)) == 2
    assert len(rows(database, Agent)) == 3


@pytest.mark.parametrize(
    "wanted",
    [
        with_pool(shop(), OWN_NUMBER),
        with_pool(shop(), *tracked(1), overflow=OWN_NUMBER),
        replace(shop(), own_number=tracked(1)[0]),
    ],
)
def test_a_sites_own_number_is_in_no_pool_from_the_start(
    database: Database, mint: Mint, wanted: SiteSetUp
) -> None:
    with pytest.raises(NumberTakenError, match="is a site's own number, which all its pages show"):
        open_shop(database, wanted, mint)
    assert rows(database, Site) == []


@pytest.mark.parametrize("own", [tracked(1)[0], OVERFLOW])
def test_what_is_in_a_pool_cannot_become_a_sites_own_number(
    database: Database, mint: Mint, own: str
) -> None:
    open_shop(database, shop(), mint)
    before = everything(database)
    with pytest.raises(NumberTakenError, match="cannot be the site's own number"):
        open_shop(database, replace(with_pool(shop()), own_number=own), mint)
    assert everything(database) == before


def test_a_number_is_not_listed_twice_in_one_pool(database: Database, mint: Mint) -> None:
    twice = with_pool(shop(), "+442079460301", overflow="+442079460301")
    with pytest.raises(NumberTakenError, match="is both one of the numbers"):
        open_shop(database, twice, mint)
    assert rows(database, Site) == []
