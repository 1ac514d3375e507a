"""What samples come to, as a table for people and as JSON for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.sampling import Bracketed

_HEAD = (
    "| requests per CPU second | x bare | least to most | CPU us | database's | requests/s "
    "| p50 ms | p99 ms | x bare |\n|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians over the rounds. ``ratio``: requests per CPU second, where those of the bare
    endpoint are 1, with the ``least`` and ``most`` of any round; ``p99_ratio``: times bare's.
    CPU times are microseconds a request.
    """

    endpoint: str
    rounds: int
    ratio: float
    least: float
    most: float
    cpu_us: float
    database_us: float
    per_second: float
    p50_ms: float
    p99_ms: float
    p99_ratio: float

    @classmethod
    def of(cls, endpoint: str, rounds: Sequence[Bracketed]) -> "Figures":
        ratios = [each.ratio for each in rounds]
        return cls(
            endpoint=endpoint,
            rounds=len(rounds),
            ratio=median(ratios),
            least=min(ratios),
            most=max(ratios),
            cpu_us=median(each.sample.cpu_us for each in rounds),
            database_us=median(each.sample.database_us for each in rounds),
            per_second=median(each.sample.per_second for each in rounds),
            p50_ms=median(each.sample.p50_ms for each in rounds),
            p99_ms=median(each.sample.p99_ms for each in rounds),
            p99_ratio=median(each.p99_ratio for each in rounds),
        )

    def row(self) -> str:
        database = f"{self.database_us:.0f}" if self.database_us else ""
        return (
            f"| {self.endpoint} | {self.ratio:.2f} | {self.least:.2f} to {self.most:.2f} "
            f"| {self.cpu_us:.0f} | {database} | {self.per_second:.0f} "
            f"| {self.p50_ms:.1f} | {self.p99_ms:.1f} | {self.p99_ratio:.1f} |"
        )


def table(found: Sequence[Figures]) -> str:
    """Markdown."""
    return "\n".join([_HEAD, *(figures.row() for figures in found)])
