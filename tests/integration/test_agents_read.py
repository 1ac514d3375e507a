"""Agents as a ring reads them: what was set up last counts at the next ring."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from callweave.storage import people
from callweave.storage.database import Database
from callweave.storage.plans import Agent
from callweave.workflows.set_up_site import AgentSetUp
from shops import ANA, NOON, open_shop, shop

MORNINGS = {"time_zone": "Europe/London", "wed": ["09:00-11:00"]}
ALL_DAY = {"time_zone": "Europe/London", "wed": ["09:00-18:00"]}


def absence(database: Database, hours: dict[str, Any]) -> str | None:
    """Why Ana cannot be rung on a Wednesday at noon, once she has these hours."""
    ana = AgentSetUp("Ana", ANA, {"bahamas": 9}, hours)
    site = open_shop(database, replace(shop(), agents=(ana,)))
    with database.hot() as tx:
        (found,) = people.agents_of(tx, site.account_id, NOON)
    return found.absence(NOON)


def test_an_agent_keeps_the_hours_that_were_set_up_last(database: Database) -> None:
    assert absence(database, MORNINGS) == "outside working hours"
    assert absence(database, ALL_DAY) is None
    assert absence(database, {}) is None


def test_an_agent_is_free_again_when_a_hold_has_run_out(database: Database) -> None:
    absence(database, {})
    with database.writing() as session:
        ana = session.scalars(select(Agent)).one()
        ana.call_id, ana.held_until = "ca_1", NOON + timedelta(seconds=45)
        account = ana.account_id
    with database.hot() as tx:
        busy = [people.agents_of(tx, account, NOON + timedelta(seconds=s)) for s in (44, 46)]
    assert [agent.busy for (agent,) in busy] == [True, False]
