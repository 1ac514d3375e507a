"""A service that says what it is told to, where the chaos has the real one: so what the chaos sees
while it runs can be shown bad evidence.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from flask import Flask, Response
from sqlalchemy import create_engine, text

from callweave.simulator.clock import CallClock
from callweave.simulator.demo import load_demo
from chaos.faults import CALM, CallPlan
from chaos.nets import ALL_NETS, Nets
from chaos.scheduler import Scheduler
from chaos.service import ServiceUnderTest
from chaos.trouble import Trouble
from chaos.way import Way
from chaos.wire import PUBLIC

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
SID = "CA" + "1" * 32
RING = f"{PUBLIC}/voice/ring#ct=2000&rt=5000&rc=1&rp=all"
DIAL = b"<Response><Dial>+442079460100</Dial></Response>"
_TABLES = (
    "CREATE TABLE calls (id TEXT, sid TEXT, state TEXT)",
    "CREATE TABLE legs (call_id TEXT, position INT, agent_id TEXT)",
    "CREATE TABLE agents (id TEXT, name TEXT, call_id TEXT)",
)


@dataclass(slots=True)
class _Spool:
    waiting: int = 0
    has_work: bool = False


@dataclass(slots=True)
class StandIn:
    """What it says next. ``struck``: what its database met; ``waited``: seconds; ``keeps``: whether
    it puts the request into the spool.
    """

    service: ServiceUnderTest
    status: int = 200
    body: bytes = b"<Response/>"
    struck: Trouble | None = None
    waited: float = 0.0
    keeps: bool = False
    spool: _Spool = field(default_factory=_Spool)

    @property
    def witnessed(self) -> list[str]:
        return [breach.rule for breach in self.service.breaches]

    def way(self) -> Way:
        return Way(self.service, CallPlan.of(CALM, 1, 1), SID, CallClock(START))

    def tables_hold(self, *statements: str) -> None:
        with self.service.observer.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def _answer(self, _path: str) -> Response:
        self.service.switch.struck, self.service.switch.waited = self.struck, self.waited
        self.spool.waiting += self.keeps
        return Response(self.body, self.status)

    def app(self) -> Flask:
        app = Flask("stand-in")
        app.extensions["callweave"] = SimpleNamespace(spool=self.spool)
        app.add_url_rule("/<path:_path>", view_func=self._answer, methods=["POST", "PUT"])
        return app


@contextmanager
def stand_in(nets: Nets = ALL_NETS) -> Iterator[StandIn]:
    observer = create_engine("sqlite://")
    nowhere = Path("/nonexistent")
    service = ServiceUnderTest("", load_demo(), nowhere, Scheduler(START), observer, 1, nets)
    found = StandIn(service)
    service._app = found.app()
    found.tables_hold(*_TABLES)
    try:
        yield found
    finally:
        observer.dispose()
