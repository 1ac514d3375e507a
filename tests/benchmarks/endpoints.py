"""What is measured: each endpoint with whoever spends CPU time on it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import psycopg

from benchmarks.farshore import Farshore, Size, opened
from benchmarks.load import Conversation, Question
from benchmarks.servers import Cores, Server, parent_of, pinned, serving
from benchmarks.traffic import echo, hello
from databases import Databases, PostgresDatabases, sqlite_databases
from postgres import running_postgres

BARE = "Flask, GET JSON (bare)"
_LEAST: dict[str, tuple[str, Callable[[], Question]]] = {
    "WSGI callable, GET JSON": ("benchmarks.bare:wsgi", hello),
    "Flask, POST JSON echo": ("benchmarks.bare:flask", echo),
}
_JOURNEY: dict[str, Callable[[Farshore, int], list[Conversation]]] = {
    "POST /v1/visits, first view": Farshore.first_views,
    "POST /v1/visits, page view of a known visit": Farshore.page_views,
    "POST /voice/ring, a destination rings": Farshore.rings_at_destination,
    "POST /voice/ring to an agent + /voice/status, caller gives up": Farshore.calls_given_up,
    "POST /voice/status, a leg is begun, rings, is answered": Farshore.leg_reports,
    "POST /voice/dialled, a talk is over": Farshore.talks_over,
    "PUT /api/v1/calls/by-sid/.../outcome, a sale": Farshore.sales,
}
_USUAL: dict[str, Callable[[Farshore, int], list[Conversation]]] = {
    "the usual way, first view": Farshore.first_views,
    "the usual way, a destination rings": Farshore.rings_at_destination,
}
_BY_HAND: dict[str, Callable[[Farshore, int], list[Conversation]]] = {
    "by hand, the rows of a first view": Farshore.first_views,
    "by hand, the rows of a known visit's page view": Farshore.page_views,
    "by hand, the rows of a ring": Farshore.rings_at_destination,
}
_APPS: dict[str, dict[str, Callable[[Farshore, int], list[Conversation]]]] = {
    "wsgi:app": _JOURNEY,
    "benchmarks.usual:app": _USUAL,
    "benchmarks.by_hand:app": _BY_HAND,
}
DATABASES = ("SQLite", "PostgreSQL")
NAMES = (
    *_LEAST,
    *(
        f"{name}, {database}"
        for database in DATABASES
        for journey in _APPS.values()
        for name in journey
    ),
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``ask`` makes what so many clients ask next, each asking as no other did before;
    ``database`` is the process of a database server.
    """

    name: str
    server: Server
    ask: Callable[[int], list[Conversation]]
    database: int | None = None


@contextmanager
def running(
    names: list[str], cores: Cores, size: Size
) -> Iterator[tuple[Endpoint, list[Endpoint]]]:
    """The bare endpoint, and the named ones; no server starts that none of them needs."""
    with ExitStack() as stack:
        stack.enter_context(pinned(cores.load))
        flask = stack.enter_context(serving("benchmarks.bare:flask", cores.server, {}))
        found = []
        for name, (app, ask) in _LEAST.items():
            if name in names:
                server = stack.enter_context(serving(app, cores.server, {}))
                found.append(Endpoint(name, server, _alike(ask)))
        for database in DATABASES:
            if any(name.endswith(f", {database}") for name in names):
                databases, pid = stack.enter_context(_databases(database))
                for app, journey in _APPS.items():
                    named = {f"{name}, {database}": ask for name, ask in journey.items()}
                    wanted = {name: ask for name, ask in named.items() if name in names}
                    if wanted:
                        shop = stack.enter_context(opened(databases, cores.server, size, app))
                        found += _endpoints(shop, pid, wanted)
        yield Endpoint(BARE, flask, _alike(hello)), found


def _endpoints(
    shop: Farshore,
    pid: int | None,
    wanted: Mapping[str, Callable[[Farshore, int], list[Conversation]]],
) -> list[Endpoint]:
    return [Endpoint(name, shop.server, partial(ask, shop), pid) for name, ask in wanted.items()]


def _alike(ask: Callable[[], Question]) -> Callable[[int], list[Conversation]]:
    return lambda times: [[ask()] for _ in range(times)]


@contextmanager
def _databases(database: str) -> Iterator[tuple[Databases, int | None]]:
    """PostgreSQL keeps to the core of the load, as if it ran on a machine of its own."""
    if database == "SQLite":
        with sqlite_databases() as files:
            yield files, None
        return
    with running_postgres() as url, psycopg.connect(url, autocommit=True) as connection:
        yield PostgresDatabases(url, connection), parent_of(connection.info.backend_pid)
