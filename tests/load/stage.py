"""The shipped shape of production on one machine: PostgreSQL, a web pool, a voice pool, a proxy."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.traffic import ACCOUNT_SID, AUTH_TOKEN, BAHAMAS, PUBLIC, Visitor, first_view
from callweave.domain.routing.hours import DAYS
from callweave.storage.database import Database
from callweave.storage.schema import upgrade
from callweave.workflows.set_up_site import AgentSetUp, PoolSetUp, set_up_site
from load.asking import ask
from load.proxy import proxied
from load.waiting import free_port, say, until_it_answers
from postgres import running_postgres
from shops import FRONT_DESK, PLAN, counting_mint, shop

ROOT = Path(__file__).parents[2]
# Agents enough for all calls at once, so that who hears the default destination heard a failure.
AGENTS_BEGIN = "+4416149602"
_AGENTS = 40
_AROUND_THE_CLOCK = {"time_zone": "Europe/London", **{day: ["00:00-24:00"] for day in DAYS}}
_ROUND_LEASE_S = 60
_LONG_LEASE_S = 7200
WEB_NICENESS = 0  # as it ships; others are for trying


@dataclass(frozen=True, slots=True)
class Size:
    """``numbers`` for new visits; ``visitors`` who browse already and who call."""

    numbers: int
    visitors: int


@dataclass(frozen=True, slots=True)
class Stage:
    """``entrance`` is the port that visitors and the carrier know; the proxy's, if there is one."""

    entrance: int
    web: int
    voice: int
    site: str
    visitors: tuple[Visitor, ...] = ()


@contextmanager
def production(nginx: str | None, size: Size, *, niceness: int = WEB_NICENESS) -> Iterator[Stage]:
    with tempfile.TemporaryDirectory() as kept, running_postgres() as url:
        upgrade(url)
        folder = Path(kept)
        with two_pools(url, folder, size, niceness=niceness) as stage:
            if nginx is None:
                yield stage
                return
            with proxied(nginx, stage.web, stage.voice, folder) as entrance:
                yield replace(stage, entrance=entrance)


@contextmanager
def two_pools(url: str, folder: Path, size: Size, *, niceness: int = 0) -> Iterator[Stage]:
    """On a database with our tables; visitors come to the web pool itself."""
    site = _fill(url, size)
    with _pool("web", url, folder, niceness=niceness) as web, _pool("voice", url, folder) as voice:
        stage = Stage(web, web, voice, site)
        visitors = tuple(_welcomed(stage, nth) for nth in range(size.visitors))
        yield replace(stage, visitors=visitors)


@contextmanager
def _pool(name: str, url: str, folder: Path, *, niceness: int = 0) -> Iterator[int]:
    """The port of one service as an installation runs it."""
    port, log = free_port(), folder / f"{name}.log"
    serve = [str(Path(sys.executable).with_name("callweave")), "serve", "--config"]
    with log.open("wb") as said:
        process = subprocess.Popen(
            ["nice", "-n", str(niceness), *serve, str(ROOT / "config" / "gunicorn.py")],
            cwd=folder,
            env={**_surroundings(), **_settings(url, port, folder / name)},
            stdout=said,
            stderr=said,
        )
    try:
        until_it_answers(port, process, log)
        yield port
    finally:
        process.terminate()
        process.wait(60)
        trouble = log.read_text("utf-8").splitlines()
        if trouble:
            say(f"{name} wrote {len(trouble)} lines, of which the first: {trouble[0][:500]}")


def _surroundings() -> Mapping[str, str]:
    return {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}


def _settings(url: str, port: int, data: Path) -> Mapping[str, str]:
    """Whatever is not here is as it comes."""
    return {
        "PUBLIC_BASE_URL": PUBLIC,
        "SECRET_KEY": "under load " * 4,
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "CALLWEAVE_DEFAULT_DESTINATION": FRONT_DESK,
        "DATABASE_URL": url,
        "CALLWEAVE_DATA_DIR": str(data),
        "PORT": str(port),
        "LOG_LEVEL": "warning",
    }


def _welcomed(stage: Stage, nth: int) -> Visitor:
    question = first_view(stage.site, "kept", nth, BAHAMAS)
    return Visitor.welcomed(ask(stage.web, question.request))


def _fill(url: str, size: Size) -> str:
    agents = tuple(
        AgentSetUp(
            f"Agent {nth}", f"{AGENTS_BEGIN}{nth:02}", {"bahamas": 1 + nth % 9}, _AROUND_THE_CLOCK
        )
        for nth in range(_AGENTS)
    )
    pools = (
        PoolSetUp("main", _ROUND_LEASE_S, _numbers(0, size.numbers), None),
        PoolSetUp("kept", _LONG_LEASE_S, _numbers(size.numbers, size.visitors), None),
    )
    wanted = replace(shop(), pools=pools, agents=agents, plan=PLAN)
    database = Database(url)
    with database.writing() as session:
        site = set_up_site(session, counting_mint(), wanted, "make load", datetime.now(UTC)).id
    database.close()
    return site


def _numbers(first: int, how_many: int) -> tuple[str, ...]:
    return tuple(f"+4420{79461000 + nth}" for nth in range(first, first + how_many))
