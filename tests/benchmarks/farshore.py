"""The holiday shop, filled for load: numbers to lend, visitors who come back, callers, agents."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count, islice

from benchmarks.load import Conversation, Question, drive
from benchmarks.servers import Server, serving
from benchmarks.traffic import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    BAHAMAS,
    LANDINGS,
    NORWAY,
    PUBLIC,
    Visitor,
    caller_gives_up,
    first_view,
    leg_reports,
    page_view,
    ring,
    sale,
    talk_is_over,
)
from callweave.domain.routing.hours import DAYS
from callweave.storage.database import Database
from callweave.workflows.make_key import make_key
from callweave.workflows.set_up_site import AgentSetUp, PoolSetUp, set_up_site
from databases import Databases
from shops import FRONT_DESK, PLAN, counting_mint, shop

# Leases of the first pool end so soon that its numbers go round, as they do where a site has been
# in service for a while: every first view claims a number that somebody held before.
ROUND_LEASE_S = 2
LONG_LEASE_S = 3600
SPECIALISTS = 12  # as many as there are connections, so that there is always somebody to ring
_AGENTS_BEGIN = "+4416149602"
_AROUND_THE_CLOCK = {"time_zone": "Europe/London", **{day: ["00:00-24:00"] for day in DAYS}}
_DESTINATION = {
    "name": "Norway goes to the front desk",
    "when": {"interest": "norway"},
    "targets": [{"destination": FRONT_DESK}],
}


@dataclass(frozen=True, slots=True)
class Size:
    """``numbers`` that go round, and how many visitors return or call, for each such endpoint."""

    numbers: int
    visitors: int


FULL = Size(numbers=5_000, visitors=1_000)
QUICK = Size(numbers=500, visitors=20)


@dataclass(slots=True)
class Farshore:
    """What visitors and callers ask next; no two requests are the same."""

    server: Server
    site: str
    key: str
    returning: list[Visitor] = field(default_factory=list)
    about_bahamas: list[Visitor] = field(default_factory=list)
    about_norway: list[Visitor] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def first_views(self, times: int) -> list[Conversation]:
        return [[first_view(self.site, "main", nth)] for nth in self._next(times)]

    def page_views(self, times: int) -> list[Conversation]:
        return [[self._page_view(nth)] for nth in self._next(times)]

    def rings_at_destination(self, times: int) -> list[Conversation]:
        return [[self._ring(nth)] for nth in self._next(times)]

    def calls_given_up(self, times: int) -> list[Conversation]:
        """An agent is rung and held, and free again when the caller hangs up."""
        return [self._given_up(nth) for nth in self._next(times)]

    def leg_reports(self, times: int) -> list[Conversation]:
        """Of calls that ring already."""
        calls = self._next(times)
        self._hear([[self._ring(nth)] for nth in calls])
        return [leg_reports(self._about_norway(nth), nth) for nth in calls]

    def talks_over(self, times: int) -> list[Conversation]:
        """Of calls that were answered already."""
        calls = self._next(times)
        self._hear([[self._ring(n), *leg_reports(self._about_norway(n), n)] for n in calls])
        return [[talk_is_over(self._about_norway(nth), nth)] for nth in calls]

    def sales(self, times: int) -> list[Conversation]:
        """By calls that are over already."""
        calls = self._next(times)
        self._hear([self._talked(nth) for nth in calls])
        return [[sale(self._about_norway(nth), nth, self.key)] for nth in calls]

    def _next(self, times: int) -> list[int]:
        return list(islice(self._numbers, times))

    def _hear(self, conversations: list[Conversation]) -> None:
        drive(self.server.address, conversations)

    def _about_norway(self, nth: int) -> str:
        return self.about_norway[nth % len(self.about_norway)].number

    def _page_view(self, nth: int) -> Question:
        visitor = self.returning[nth % len(self.returning)]
        return page_view(self.site, "kept", visitor, nth // len(self.returning))

    def _ring(self, nth: int) -> Question:
        return ring(self._about_norway(nth), nth, FRONT_DESK.encode())

    def _given_up(self, nth: int) -> Conversation:
        number = self.about_bahamas[nth % len(self.about_bahamas)].number
        return [ring(number, nth, _AGENTS_BEGIN.encode()), caller_gives_up(number, nth)]

    def _talked(self, nth: int) -> Conversation:
        number = self._about_norway(nth)
        return [self._ring(nth), *leg_reports(number, nth), talk_is_over(number, nth)]

    def welcome(self, visitors: int, landings: tuple[tuple[str, str], ...]) -> list[Visitor]:
        arrivals = [
            [first_view(self.site, "kept", next(self._numbers), landings)] for _ in range(visitors)
        ]
        answers = drive(self.server.address, arrivals, keep=True).answers
        return [Visitor.welcomed(answer) for answer in answers]


@contextmanager
def opened(
    databases: Databases, core: int | None, size: Size, app: str = "wsgi:app", workers: int = 1
) -> Iterator[Farshore]:
    with databases.migrated() as url:
        site, key = _fill(url, size)
        with serving(app, core, _settings(url), workers) as server:
            farshore = Farshore(server, site, key)
            farshore.returning = farshore.welcome(size.visitors, LANDINGS)
            farshore.about_bahamas = farshore.welcome(size.visitors, BAHAMAS)
            farshore.about_norway = farshore.welcome(size.visitors, NORWAY)
            yield farshore


def _fill(url: str, size: Size) -> tuple[str, str]:
    """The site, and a key to its API."""
    agents = tuple(
        AgentSetUp(
            f"Agent {nth}", f"{_AGENTS_BEGIN}{nth:02}", {"bahamas": 1 + nth % 9}, _AROUND_THE_CLOCK
        )
        for nth in range(SPECIALISTS)
    )
    pools = (
        PoolSetUp("main", ROUND_LEASE_S, _numbers(0, size.numbers), None),
        PoolSetUp("kept", LONG_LEASE_S, _numbers(size.numbers, 3 * size.visitors), None),
    )
    plan = {**PLAN, "rules": [*PLAN["rules"], _DESTINATION]}
    wanted = replace(shop(), pools=pools, agents=agents, plan=plan)
    database = Database(url)
    with database.writing() as session:
        mint, now = counting_mint(), datetime.now(UTC)
        site = set_up_site(session, mint, wanted, "the benchmark", now)
        key = make_key(session, mint, os.urandom, site.account_id, "the benchmark", now)
        found = site.id, key.secret
    database.close()
    return found


def _numbers(first: int, how_many: int) -> tuple[str, ...]:
    return tuple(f"+4420{79461000 + nth}" for nth in range(first, first + how_many))


def _settings(url: str) -> Mapping[str, str]:
    return {
        "PUBLIC_BASE_URL": PUBLIC,
        "SECRET_KEY": "benchmark " * 5,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "CALLWEAVE_DEFAULT_DESTINATION": FRONT_DESK,
        "DATABASE_URL": url,
        "CALLWEAVE_VOICE_BUDGET_MS": "2300",  # the most: what is slow is to be measured
        "LOG_LEVEL": "warning",
    }
