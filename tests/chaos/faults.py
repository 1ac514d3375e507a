"""The plan of faults: of each call by (seed, number), of the whole service by the seed alone."""

from dataclasses import dataclass, field, replace
from random import Random

from callweave.simulator.chance import chance
from callweave.simulator.faults import USUAL, CallFaults, Fault, Rates
from chaos.trouble import Trouble

TROUBLES = (Trouble.STATEMENT, Trouble.BEFORE_COMMIT, Trouble.AFTER_COMMIT, Trouble.SLOW)


@dataclass(frozen=True, slots=True)
class Weather:
    """Shares of requests, and how often (a mean, in virtual seconds) the whole service is struck.
    0 never.
    """

    rates: Rates = USUAL
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


CALM = Weather(Rates(0, 0, 0, 0, 0), 0, TROUBLES, 0, 0, 0, 0, 0, (0, 0), 0, 0, (0, 0))
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
)
# Nothing is lost on its way, but the database dawdles at every fourth request.
SLOW = replace(CALM, database=0.25, troubles=(Trouble.SLOW,), stray_repeat=0.2)
ROUGH = replace(LOSSLESS, database=0.3)
WEATHERS = {"slow": SLOW, "rough": ROUGH, "storm": STORM, "lossless": LOSSLESS, "calm": CALM}


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

    def of_question(self) -> tuple[Fault | None, bool]:
        """The fault, and whether it strikes the second try as well."""
        if self.draw.random() < self.weather.both_tries:
            return Fault.NEVER_ASKED, True
        return self.carrier.of_question(), False

    def of_database(self) -> tuple[Trouble | None, int, float]:
        """The trouble, after how many statements, and for how many seconds."""
        hit = self.draw.random() < self.weather.database
        trouble, after = self.draw.choice(self.weather.troubles), self.draw.randint(0, 14)
        return (trouble if hit else None), after, self.draw.uniform(1, 6)

    def happens(self, share: float) -> bool:
        return self.draw.random() < share

    def note(self, at: float, path: str, what: object) -> None:
        self.struck.append(f"{at:9.1f}  {path}: {what}")
