"""Samples of an endpoint, each between two of the bare one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from benchmarks.endpoints import Endpoint
from benchmarks.load import CONNECTIONS, drive
from benchmarks.servers import cpu_seconds

_LEAST_CPU_S = 0.05  # the system counts in hundredths
_WARM_UP = 0.05  # of a sample, at about a thousand conversations a second


@dataclass(frozen=True, slots=True)
class Sample:
    """Of one request: CPU time in microseconds, waiting in milliseconds."""

    cpu_us: float
    database_us: float
    per_second: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Bracketed:
    """A sample, and those of the bare endpoint before and after it."""

    sample: Sample
    beside: Sequence[Sample]

    @property
    def ratio(self) -> float:
        """Requests per CPU second, where the bare endpoint's are 1."""
        return fmean(bare.cpu_us for bare in self.beside) / self.sample.cpu_us

    @property
    def p99_ratio(self) -> float:
        return self.sample.p99_ms / fmean(bare.p99_ms for bare in self.beside)


@dataclass(frozen=True, slots=True)
class _Source:
    """An endpoint, and how many conversations with it last about as long as a sample should."""

    endpoint: Endpoint
    conversations: int

    @classmethod
    def warmed_up(cls, endpoint: Endpoint, seconds: float) -> "_Source":
        tried = max(CONNECTIONS, round(_WARM_UP * seconds * 1000))
        drive(endpoint.server.address, endpoint.ask(tried))  # the first ones are slow
        taken = drive(endpoint.server.address, endpoint.ask(tried)).seconds
        return cls(endpoint, max(tried, round(tried * seconds / taken)))

    def sample(self) -> Sample:
        endpoint = self.endpoint
        server_s = database_s = seconds = 0.0
        waits = list[float]()
        while server_s < _LEAST_CPU_S:
            asked = endpoint.ask(self.conversations)  # calls that are to be over ring before
            before = _spent(endpoint)
            driven = drive(endpoint.server.address, asked)
            after = _spent(endpoint)
            waits += driven.waits
            seconds += driven.seconds
            server_s += after[0] - before[0]
            database_s += after[1] - before[1]
        waits.sort()
        return Sample(
            cpu_us=server_s / len(waits) * 1e6,
            database_us=database_s / len(waits) * 1e6,
            per_second=len(waits) / seconds,
            p50_ms=median(waits) * 1e3,
            p99_ms=waits[int(len(waits) * 0.99)] * 1e3,
        )


def _spent(endpoint: Endpoint) -> tuple[float, float]:
    database = cpu_seconds(endpoint.database) if endpoint.database else 0.0
    return cpu_seconds(endpoint.server.pid), database


def samples(
    bare: Endpoint,
    endpoints: Sequence[Endpoint],
    rounds: int,
    seconds: float,
    say: Callable[[str], None],
) -> dict[str, list[Bracketed]]:
    """By endpoint, in the order of rounds. A round: bare, first, bare, second, bare, ..."""
    rest = _Source.warmed_up(bare, seconds)
    sources = [_Source.warmed_up(endpoint, seconds) for endpoint in endpoints]
    bares = [rest.sample()]
    found: dict[str, list[Bracketed]] = {name: [] for name in (bare.name, *map(_name, sources))}
    for round_ in range(1, rounds + 1):
        for source in sources:
            say(f"round {round_} of {rounds}: {_name(source)}")
            sample = source.sample()
            bares.append(rest.sample())
            found[_name(source)].append(Bracketed(sample, bares[-2:]))
    found[bare.name] = [Bracketed(sample, bares) for sample in bares]
    return found


def _name(source: _Source) -> str:
    return source.endpoint.name
