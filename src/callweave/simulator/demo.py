"""The demo's holiday shop as data: who owns it, its numbers, its agents and its plan."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from callweave.simulator.people import AddressBook, Answers, Temperament

# 020 7946 0000 to 0999 is all that there is.
MOST_NUMBERS = 890


@dataclass(frozen=True, slots=True)
class DemoNumber:
    """A London number."""

    e164: str

    @property
    def national(self) -> str:
        return f"020 {self.e164[5:9]} {self.e164[9:]}"

    @property
    def international(self) -> str:
        return f"+44 20 {self.e164[5:9]} {self.e164[9:]}"


@dataclass(frozen=True, slots=True)
class DemoSite:
    name: str
    time_zone: str
    currency: str
    own_number: DemoNumber
    default_destination: str


@dataclass(frozen=True, slots=True)
class DemoPool:
    name: str
    lease_s: int
    numbers: tuple[DemoNumber, ...]
    overflow: DemoNumber


@dataclass(frozen=True, slots=True)
class DemoAgent:
    name: str
    endpoint: str
    skills: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Demo:
    """`topics` and `plan` are the JSON that a site's settings and its plan are made of."""

    account: str
    site: DemoSite
    pool: DemoPool
    topics: Sequence[Mapping[str, Any]]
    agents: tuple[DemoAgent, ...]
    plan: Mapping[str, Any]

    @property
    def tracked_numbers(self) -> list[str]:
        return [number.e164 for number in (*self.pool.numbers, self.pool.overflow)]

    @property
    def names(self) -> Mapping[str, str]:
        """Who is at the end of each endpoint, for people to read."""
        desk = {self.site.default_destination: "the front desk"}
        return {agent.endpoint: agent.name for agent in self.agents} | desk


def load_demo(numbers: int | None = None) -> Demo:
    """`numbers`: how many the pool lends, if not as many as demo.toml says."""
    data = tomllib.loads(files(__package__).joinpath("demo.toml").read_text("utf-8"))
    site, pool = data["site"], data["pool"]
    count = pool["count"] if numbers is None else numbers
    if count not in range(1, MOST_NUMBERS + 1):
        raise ValueError(f"a pool of {count} numbers: between 1 and {MOST_NUMBERS} are possible")
    first = int(pool["first"])
    return Demo(
        account=data["account"],
        site=DemoSite(
            name=site["name"],
            time_zone=site["time_zone"],
            currency=site["currency"],
            own_number=DemoNumber(site["own_number"]),
            default_destination=site["default_destination"],
        ),
        pool=DemoPool(
            name=pool["name"],
            lease_s=pool["lease_s"],
            numbers=tuple(DemoNumber(f"+{first + nth}") for nth in range(count)),
            overflow=DemoNumber(pool["overflow"]),
        ),
        topics=data["topics"],
        agents=tuple(DemoAgent(**agent) for agent in data["agents"]),
        plan=data["plan"],
    )


def demo_people(demo: Demo) -> AddressBook:
    """Agents are mostly there, the front desk always is, and nobody else exists."""
    agents = {agent.endpoint: Temperament() for agent in demo.agents}
    return AddressBook({**agents, demo.site.default_destination: Answers(3, 90)})
