"""Who may be rung: agents as they are at one moment, read for plans to choose among."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import overload

from sqlalchemy import Text, bindparam, cast, select

from callweave.domain.routing.agents import Agent
from callweave.domain.routing.endpoints import Endpoint
from callweave.domain.routing.hours import WeeklyHours
from callweave.storage import plans
from callweave.storage.numbers import Number
from callweave.storage.prepared import HotTransaction
from callweave.storage.questions import Questions, Row

_AGENTS = select(
    plans.Agent.id,
    plans.Agent.name,
    plans.Agent.endpoint,
    cast(plans.Agent.skills, Text),
    cast(plans.Agent.hours, Text),
    plans.Agent.available,
    plans.Agent.call_id,
    plans.Agent.held_until,
    plans.Agent.idle_since,
).where(plans.Agent.account_id == bindparam("account"))
_NUMBERS_OF_AGENTS = (
    select(Number.e164)
    .join(plans.Agent, plans.Agent.endpoint == Number.e164)
    .where(plans.Agent.account_id == bindparam("account"))
)
_PEOPLE = Questions(_AGENTS, _NUMBERS_OF_AGENTS)


def agents_of(tx: HotTransaction, account: str, now: datetime) -> Sequence[Agent]:
    return list(People(tx, account, now))


class People(Sequence[Agent]):
    """The agents of an account as they are ``at`` this time, asked for when somebody looks: not
    every ring is for one of them. ``own_numbers``: tracking numbers that they have, once asked for.
    """

    __slots__ = ("_account", "_agents", "_tx", "at", "own_numbers")

    def __init__(self, tx: HotTransaction, account: str, at: datetime) -> None:
        self._tx, self._account, self.at = tx, account, at
        self._agents: list[Agent] | None = None
        self.own_numbers: Collection[str] = ()

    @overload
    def __getitem__(self, at: int) -> Agent: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Agent]: ...
    def __getitem__(self, at: int | slice) -> Agent | Sequence[Agent]:
        return self._found()[at]

    def __iter__(self) -> Iterator[Agent]:
        return iter(self._found())

    def __len__(self) -> int:
        return len(self._found())

    def _found(self) -> list[Agent]:
        if self._agents is None:
            agents, own = _PEOPLE.ask(self._tx, account=self._account)
            self._agents = [_agent(row, self.at) for row in agents]
            self.own_numbers = {e164 for (e164,) in own}
        return self._agents


def _agent(row: Row, now: datetime) -> Agent:
    agent, name, endpoint, skills, hours, available, call, held_until, idle_since = row
    busy = call is not None and held_until is not None and held_until > now
    known, week = _skills_of(skills), _week_of(hours)
    return Agent(agent, name, Endpoint(endpoint), known, week, available, busy, idle_since)


# What changes seldom and takes longer to read than a call takes to decide is read once.
@lru_cache(maxsize=1_000)
def _skills_of(skills: str) -> Mapping[str, int]:
    return MappingProxyType(json.loads(skills))


@lru_cache(maxsize=1_000)
def _week_of(hours: str) -> WeeklyHours:
    """Colleagues keep the same hours."""
    return WeeklyHours.parse(json.loads(hours))
