"""The plan of faults: of each call by (seed, number), of the whole service by the seed alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random

from callweave.simulator.chance import chance
from callweave.simulator.faults import USUAL, CallFaults, Fault, Rates
from chaos.trouble import Trouble

TROUBLES = (Trouble.STATEMENT, Trouble.BEFORE_COMMIT, Trouble.AFTER_COMMIT, Trouble.SLOW)
# What anybody meets who is no voice request: they have no budget that slowness could exceed.
OTHERS_TROUBLES = (Trouble.STATEMENT, Trouble.BEFORE_COMMIT, Trouble.AFTER_COMMIT)


class Mishap(StrEnum):
    """What strikes besides the simulator's own faults: on the way to the service, then the whole
    of it.
    """

    BAD_GATEWAY = "the service was asked, and a 502 stood in for its answer"
    UNAVAILABLE = "a 503 on the way, and the service was never asked"
    TWICE_ANEW = "told twice, with a token of its own"
    UNANSWERED = "no try of it got through"
    FORGED = "a forged request"
    UNREADABLE = "a request that makes no sense"
    MISTOLD = "told a duration that is not in the list"
    OUTAGE = "an outage of the database"
    SIEGE = "an outage of the database that outlasts the reconciler's patience"
    RESTART = "a restart of the service"
    SKEW = "a jump of the clock"
    ROTATION = "the carrier signs with the new token"


@dataclass(frozen=True, slots=True)
class Weather:
    """Shares of requests, and how often (a mean, in virtual seconds) the whole service is struck.
    0 never.
    """

    rates: Rates = USUAL
    gateway: float = 0.02
    database: float = 0.04
    troubles: tuple[Trouble, ...] = TROUBLES
    both_tries: float = 0.002
    stray_repeat: float = 0.03
    forged: float = 0.02
    unreadable: float = 0.01
    outage_every: float = 3_000
    outage_s: tuple[float, float] = (5, 90)
    restart_every: float = 2_500
    skew_every: float = 15_000
    skew_s: tuple[float, float] = (30, 600)
    siege_every: float = 9_000
    siege_s: tuple[float, float] = (150, 400)
    mistold: float = 0.01

    def kinds(self) -> Iterator[str]:
        """All that can strike in it, under the names by which strikes are counted."""
        rates = self.rates
        shares = {
            Fault.LOST_ANSWER: rates.lost_answer,
            Fault.NEVER_ASKED: rates.never_asked,
            Fault.DROPPED: rates.dropped,
            Fault.TWICE: rates.twice + self.stray_repeat,
            Fault.LATE: rates.late,
            Mishap.BAD_GATEWAY: self.gateway,
            Mishap.UNAVAILABLE: self.gateway,
            Mishap.TWICE_ANEW: rates.twice + self.stray_repeat,
            Mishap.UNANSWERED: self.both_tries,
            Trouble.DOWN: self.outage_every,
            Mishap.OUTAGE: self.outage_every,
            Mishap.SIEGE: self.siege_every,
            Mishap.MISTOLD: self.mistold,
            Mishap.RESTART: self.restart_every,
            Mishap.ROTATION: self.restart_every,
            Mishap.SKEW: self.skew_every,
            Mishap.FORGED: self.forged,
            Mishap.UNREADABLE: self.unreadable,
        }
        yield from (name for name, share in shares.items() if share)
        if self.database:
            yield from self.troubles
            yield from map(elsewhere, OTHERS_TROUBLES)
            yield behind(Trouble.STATEMENT)


def elsewhere(trouble: Trouble) -> str:
    return f"{trouble} (visits, outcomes)"


def behind(trouble: Trouble) -> str:
    return f"{trouble} (behind requests)"


CALM = Weather(
    Rates(0, 0, 0, 0, 0),
    0,
    0,
    TROUBLES,
    0,
    0,
    0,
    0,
    0,
    (0, 0),
    0,
    0,
    (0, 0),
    siege_every=0,
    mistold=0,
)
STORM = Weather()
# Whatever strikes here, the service itself can still know in the end: nothing is left to repair.
LOSSLESS = Weather(
    Rates(dropped=0, late=0.2, twice=0.1),
    database=0.06,
    both_tries=0,
    stray_repeat=0.1,
    outage_every=300,
    outage_s=(5, 40),
    restart_every=300,
    skew_every=0,
    siege_every=0,
    mistold=0,
)
# Nothing is lost on its way, but the database dawdles at every fourth request.
SLOW = replace(CALM, database=0.25, troubles=(Trouble.SLOW,), stray_repeat=0.2)
# A bad gateway is tried again at once, while what it hid still waits in the spool.
ROUGH = replace(LOSSLESS, database=0.3, gateway=0.1)
# So much of everything that each net is needed within a hundred calls.
HARSH = replace(STORM, rates=replace(USUAL, dropped=0.08), both_tries=0.02, database=0.1)
WEATHERS = {
    "slow": SLOW,
    "rough": ROUGH,
    "storm": STORM,
    "harsh": HARSH,
    "lossless": LOSSLESS,
    "calm": CALM,
}


@dataclass(slots=True)
class CallPlan:
    """What strikes the requests of one call. ``struck`` is its history, for whoever asks why."""

    weather: Weather
    carrier: CallFaults
    draw: Random
    struck: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, weather: Weather, seed: int, number: object) -> "CallPlan":
        return cls(
            weather, CallFaults.of(weather.rates, seed, number), chance(seed, number, "trouble")
        )

    def of_question(self) -> tuple[Fault | Mishap | None, bool]:
        """The fault, and whether it strikes the second try as well."""
        if self.draw.random() < self.weather.both_tries:
            return Fault.NEVER_ASKED, True
        return self.carrier.of_question() or self._of_gateway(), False

    def _of_gateway(self) -> Mishap | None:
        if self.draw.random() < self.weather.gateway:
            return self.draw.choice((Mishap.BAD_GATEWAY, Mishap.UNAVAILABLE))
        return None

    def of_database(self) -> tuple[Trouble | None, int, float]:
        """The trouble, after how many statements, and for how many seconds."""
        hit = self.draw.random() < self.weather.database
        trouble, after = self.draw.choice(self.weather.troubles), self.draw.randint(0, 14)
        return (trouble if hit else None), after, self.draw.uniform(1, 6)

    def happens(self, share: float) -> bool:
        return self.draw.random() < share

    def note(self, at: float, path: str, what: object) -> None:
        self.struck.append(f"{at:9.1f}  {path}: {what}")
