"""Callers, agents and plans of the routing tests; each names only what matters to it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from callweave.domain.routing.agents import Agent
from callweave.domain.routing.endpoints import Endpoint
from callweave.domain.routing.hours import WeeklyHours
from callweave.domain.routing.plans import Plan, parse_plan
from callweave.domain.routing.profile import Profile

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # a Tuesday
OFFICE = "+442079460000"
NOBODY_KNOWN = Profile.unknown()
READER_OF_BAHAMAS = replace(NOBODY_KNOWN, interests={"bahamas": 2.4, "cruises": 0.5})


def an_agent(
    name: str = "Ana Souza",
    *,
    skills: Mapping[str, int] | None = None,
    endpoint: str | None = None,
    hours: object = None,
    available: bool = True,
    busy: bool = False,
    idle_since: datetime | None = None,
) -> Agent:
    slug = name.lower().replace(" ", "_")
    return Agent(
        id=f"ag_{slug}",
        name=name,
        endpoint=Endpoint.parse(endpoint or f"client:{slug}"),
        skills={"bahamas": 5} if skills is None else skills,
        hours=WeeklyHours.parse(hours),
        available=available,
        busy=busy,
        idle_since=idle_since,
    )


def a_rule(
    name: str = "Bahamas",
    *,
    when: Mapping[str, object] | None = None,
    targets: Sequence[Mapping[str, object]] = ({"skill": "bahamas"},),
    about: str | None = None,
) -> dict[str, object]:
    rule: dict[str, object] = {"name": name, "targets": list(targets)}
    rule["when"] = {"interest": "bahamas"} if when is None else dict(when)
    return rule if about is None else rule | {"about": about}


def plan_data(
    *rules: Mapping[str, object],
    default: Sequence[Mapping[str, object]] = ({"destination": OFFICE},),
    ring_seconds: int = 15,
) -> dict[str, object]:
    return {
        "time_zone": "Europe/London",
        "ring_seconds": ring_seconds,
        "rules": [dict(rule) for rule in rules],
        "default": {"targets": [dict(target) for target in default]},
    }


def a_plan(
    *rules: Mapping[str, object],
    default: Sequence[Mapping[str, object]] = ({"destination": OFFICE},),
    ring_seconds: int = 15,
) -> Plan:
    return parse_plan(plan_data(*rules, default=default, ring_seconds=ring_seconds))
