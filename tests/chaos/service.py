"""The real application in this process, on a virtual clock and a database that can fail."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random

from flask import Flask
from sqlalchemy import Engine, text

from callweave.app import create_app
from callweave.settings import Settings
from callweave.simulator.demo import Demo
from callweave.simulator.ledger import LedgerCall
from callweave.web.extensions import Parts
from callweave.web.memory import Destinations
from chaos.evidence import Breach, Spell
from chaos.faults import Mishap, behind
from chaos.nets import Net, Nets
from chaos.scheduler import Scheduler
from chaos.trouble import Switch, Trouble, spoil
from chaos.virtual_budget import VirtualBudget
from chaos.wire import PUBLIC

ACCOUNT = "AC" + "7" * 32
TOKENS = ("5" * 32, "6" * 32, "4" * 32)
BUDGET_S = 2.0
TERMINAL_WITHIN_S = 600.0
DRAINED_EVERY_S = 1.0
FREED_WITHIN_S = 5.0
# Who is rung a second time for the same call is held for that.
_HELD_FOR_LEG = text("""SELECT a.name FROM agents a JOIN calls c ON c.id = a.call_id
    JOIN legs l ON l.call_id = c.id AND l.agent_id = a.id WHERE c.sid = :sid AND l.position = :leg
    AND l.position = (SELECT max(m.position) FROM legs m WHERE m.call_id = c.id
    AND m.agent_id = a.id)""")
_STATE = text("SELECT state FROM calls WHERE sid = :sid")
log = logging.getLogger(__name__)


class _Forgetful(Destinations):
    """Without this net the service does not know where anything rings."""

    def of(self, number: str) -> str | None:
        raise LookupError(f"nothing is remembered of {number[-2:]}")


@dataclass(slots=True)
class ServiceUnderTest:
    """``app`` is a new one after each restart; what it kept in memory is gone then.
    ``begun``: how many there have been.
    """

    url: str
    demo: Demo
    folder: Path
    scheduler: Scheduler
    observer: Engine
    seed: int
    nets: Nets
    switch: Switch = field(default_factory=Switch)
    skew: timedelta = timedelta()
    accepted: tuple[str, ...] = TOKENS[:1]
    carrier_token: str = TOKENS[0]
    breaches: list[Breach] = field(default_factory=list)
    weather: list[tuple[float, str]] = field(default_factory=list)
    armed: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    skews: list[Spell] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    troubled_share: float = 0.0
    _entropy: Random = field(init=False)
    _chance: Random = field(init=False)
    _app: Flask | None = None
    begun: int = 0
    _draining: bool = False
    _outages: int = 0

    def __post_init__(self) -> None:
        self._entropy = Random(f"{self.seed}/entropy")
        self._chance = Random(f"{self.seed}/behind")

    @property
    def app(self) -> Flask:
        return self._app or self._start()

    @property
    def parts(self) -> Parts:
        parts: Parts = self.app.extensions["callweave"]
        return parts

    def clock(self) -> datetime:
        return self.scheduler.now + self.skew

    def lose_database(self, kind: Mishap) -> None:
        self._outages += 1
        self.switch.down = True
        self.note("the database is down", kind)

    def regain_database(self) -> None:
        """With the end of the last of several outages that overlap."""
        self._outages -= 1
        if not self._outages:
            self.switch.down = False
            self.note("the database is back")

    def turn_clock(self, by: timedelta) -> None:
        now = self.scheduler.now
        if self.skew:
            self.skews[-1] = replace(self.skews[-1], ends=now)
        if by:
            self.skews.append(Spell(now, datetime.max.replace(tzinfo=UTC), by))
        self.skew = by
        self.note(f"the service's clock is off by {by}", Mishap.SKEW if by else None)

    def restart(self) -> None:
        """As after kill -9: nothing is said goodbye to."""
        self.note("the service is killed and started again", Mishap.RESTART)
        self.stop()
        self._start()

    def _start(self) -> Flask:
        self.begun += 1
        app = self._app = self._started()
        self.drain_later()
        return app

    def stop(self) -> None:
        if self._app is not None:
            self.parts.database.close()
            self.parts.spool.close()
            self._app = None

    @property
    def spooled(self) -> int:
        return self.parts.spool.waiting

    def drain_later(self) -> None:
        """As the service's own thread does, a second after something was kept."""
        if not self._draining and self.parts.spool.has_work:
            self._draining = True
            self.scheduler.after(DRAINED_EVERY_S, self._drain)

    def _drain(self) -> None:
        self._draining = False
        self.behind(self.parts.draining.turn)
        self.drain_later()

    def behind(self, work: Callable[[], object]) -> None:
        """Work that nobody waits for meets the same database, and comes back later. Whatever it
        raises though nothing had struck it, nobody foresaw.
        """
        self._trouble_behind()
        try:
            work()
        except Exception as error:
            log.exception("behind requests")
            if not self.switch.struck:
                self.witness("unforeseen", "behind requests", repr(error))
        finally:
            if self.switch.struck:
                self.struck[behind(self.switch.struck)] += 1
            self.switch.arm(None)

    def _trouble_behind(self) -> None:
        """Such work asks a question or two, unless there is something to take in or to repair."""
        self.switch.arm(None)
        if self._chance.random() < self.troubled_share:
            trouble = self._chance.choice((Trouble.STATEMENT, Trouble.BEFORE_COMMIT))
            self.switch.arm(trouble, self._chance.choice((0, 1, 2, 4, 8, 16)))
            self.armed[behind(trouble)] += 1

    def call_ended(self, call: LedgerCall) -> None:
        """Ten minutes later its row must be final."""
        self.scheduler.after(TERMINAL_WITHIN_S, lambda: self._expect_final(call))

    def _expect_final(self, call: LedgerCall) -> None:
        with self.observer.connect() as connection:
            row = connection.execute(_STATE, {"sid": call.sid}).one_or_none()
        if row is None or row.state != "ended":
            said = row.state if row else "unknown"
            self.witness("terminal", call.sid, f"{said} ten minutes after its end")

    def leg_ended(self, sid: str, leg: str) -> None:
        """Whoever was rung can be rung again soon, however long the call goes on."""
        self.scheduler.after(FREED_WITHIN_S, lambda: self._expect_freed(sid, int(leg)))

    def _expect_freed(self, sid: str, leg: int) -> None:
        with self.observer.connect() as connection:
            held = connection.execute(_HELD_FOR_LEG, {"sid": sid, "leg": leg}).scalars().all()
        for name in held:
            what = f"{name} is held {FREED_WITHIN_S:.0f} s after the end of leg {leg}"
            self.witness("freed", sid, what)

    def witness(self, rule: str, about: str, what: str) -> None:
        self.breaches.append(Breach(rule, about, what))

    def note(self, what: str, counted: Mishap | None = None) -> None:
        self.weather.append((self.scheduler.elapsed, what))
        if counted:
            self.struck[counted] += 1

    def _started(self) -> Flask:
        app = create_app(self._settings(), self.clock, self._entropy.randbytes)
        parts: Parts = app.extensions["callweave"]
        spoil(parts.database, self.switch)
        app.extensions["callweave"] = replace(
            parts,
            budget=VirtualBudget(self.switch, BUDGET_S),
            keeping=VirtualBudget(Switch(), BUDGET_S),
            destinations=self._remembering(parts.destinations),
        )
        return app

    def _remembering(self, known: Destinations) -> Destinations:
        if Net.MEMORY in self.nets:
            return known
        return _Forgetful(known.database, known.clock, known.otherwise, known.file)

    def _settings(self) -> Settings:
        current, *others = self.accepted
        return Settings.from_env(
            {
                "PUBLIC_BASE_URL": PUBLIC,
                "SECRET_KEY": sha256(b"chaos").hexdigest(),
                "TWILIO_ACCOUNT_SID": ACCOUNT,
                "TWILIO_AUTH_TOKEN": current,
                "TWILIO_AUTH_TOKEN_SECONDARY": "".join(others),
                "CALLWEAVE_DEFAULT_DESTINATION": self.demo.site.default_destination,
                "DATABASE_URL": self.url,
                "CALLWEAVE_DATA_DIR": str(self.folder),
                "CALLWEAVE_SPOOL_MB": "8" if Net.SPOOL in self.nets else "0",
                "CALLWEAVE_VOICE_BUDGET_MS": str(int(BUDGET_S * 1000)),
                "LOG_LEVEL": "error",
            }
        )
