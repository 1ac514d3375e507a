"""Whom a rule rings: agents by skill, agents by name, or a destination."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from callweave.domain.reading import Node, either
from callweave.domain.routing.agents import HIGHEST_LEVEL, LOWEST_LEVEL, Agent
from callweave.domain.routing.decisions import Skipped
from callweave.domain.routing.endpoints import Endpoint, InvalidEndpoint


@dataclass(frozen=True, slots=True)
class Candidate:
    agent_id: str | None
    name: str
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class LineUp:
    candidates: tuple[Candidate, ...]  # in the order of ringing
    skipped: tuple[Skipped, ...]


class Target(Protocol):
    @property
    def wanted(self) -> str: ...

    def line_up(self, agents: Sequence[Agent], now: datetime) -> LineUp: ...


@dataclass(frozen=True, slots=True)
class Skill:
    skill: str
    level: int  # at least

    @property
    def wanted(self) -> str:
        return f"skill {self.skill}, level {self.level} or better"

    def line_up(self, agents: Sequence[Agent], now: datetime) -> LineUp:
        """The best first, among equals who has been idle the longest."""
        skilled = [(level, agent) for agent in agents if (level := agent.level(self.skill))]
        skilled.sort(key=lambda pair: (-pair[0], *_patience(pair[1])))
        able = _present([agent for level, agent in skilled if level >= self.level], now)
        too_low = tuple(
            Skipped(agent.name, f"{self.skill} at level {level}, {self.level} or better wanted")
            for level, agent in skilled
            if level < self.level
        )
        return LineUp(able.candidates, able.skipped + too_low)


@dataclass(frozen=True, slots=True)
class Named:
    names: tuple[str, ...]  # or ids, which survive a change of name

    @property
    def wanted(self) -> str:
        return either(self.names)

    def line_up(self, agents: Sequence[Agent], now: datetime) -> LineUp:
        """In the order in which the plan names them."""
        meant = {name: _bearers(name, agents) for name in self.names}
        strangers = tuple(Skipped(name, "no such agent") for name in self.names if not meant[name])
        found = _present([agent for bearers in meant.values() for agent in bearers], now)
        return LineUp(found.candidates, found.skipped + strangers)


@dataclass(frozen=True, slots=True)
class Destination:
    endpoint: Endpoint

    @property
    def wanted(self) -> str:
        return f"destination {self.endpoint}"

    def line_up(self, _agents: Sequence[Agent], _now: datetime) -> LineUp:
        return LineUp((Candidate(None, str(self.endpoint), self.endpoint),), ())


def _bearers(name: str, agents: Sequence[Agent]) -> list[Agent]:
    folded = name.casefold()
    bearers = [agent for agent in agents if folded in {agent.name.casefold(), agent.id.casefold()}]
    return sorted(bearers, key=_patience)


def _patience(agent: Agent) -> tuple[datetime, str, str]:
    """Sorts who has been idle the longest first; who has had no call yet before everyone."""
    never = datetime.min.replace(tzinfo=UTC)
    return agent.idle_since or never, agent.name, agent.id


def _present(agents: Sequence[Agent], now: datetime) -> LineUp:
    absences = [(agent, agent.absence(now)) for agent in agents]
    return LineUp(
        tuple(Candidate(a.id, a.name, a.endpoint) for a, absence in absences if absence is None),
        tuple(Skipped(a.name, absence) for a, absence in absences if absence is not None),
    )


def read_targets(node: Node) -> tuple[Target, ...]:
    return tuple(_read_target(item) for item in node.items())


def _read_target(node: Node) -> Target:
    keys = list(node.keys("skill", "level", "agents", "destination", what="target"))
    match sorted(keys):
        case ["skill"] | ["level", "skill"]:
            return _read_skill(node)
        case ["agents"]:
            items = node["agents"].items()
            return Named(tuple(item.choice("agent", node.known.agents) for item in items))
        case ["destination"]:
            return Destination(_read_endpoint(node["destination"]))
        case _:
            if isinstance(node.value, dict):
                node.refuse('must have one of "skill" (with "level"), "agents" and "destination"')
            return Named(())


def _read_skill(node: Node) -> Skill:
    skill = node["skill"].choice("skill", node.known.skills)
    if "level" not in node:
        return Skill(skill, LOWEST_LEVEL)
    return Skill(skill, node["level"].whole_number(LOWEST_LEVEL, HIGHEST_LEVEL))


def _read_endpoint(node: Node) -> Endpoint:
    text = node.text()
    try:
        return Endpoint.parse(text)
    except InvalidEndpoint as error:
        if text:
            node.refuse(str(error))
        return Endpoint(text)
