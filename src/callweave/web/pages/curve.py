"""The curve of numbers and what they do, as a picture that needs no script."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from callweave.domain.leases.advice import Advice
from callweave.domain.leases.planning import PoolSize

WIDTH, HEIGHT = 600, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 14, 12, 40
_MOST_POINTS = 120
_TICKS = 6


@dataclass(frozen=True, slots=True)
class Spot:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Tick:
    """``at``: its place along the axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """``chosen``: what is advised, below the line where a rush takes more than the formula says.
    ``today``: what the formula says of today's numbers; ``really``: what happened, at the size that
    the pool had then.
    """

    line: str
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    chosen: Spot
    today: Spot | None
    really: Spot | None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM


def drawn(advice: Advice, really: PoolSize | None = None) -> Curve:
    curve, today = advice.plan.curve, advice.plan.today
    most = max(1, curve[-1].numbers, advice.numbers, really.numbers if really else 0)
    return Curve(
        line=" ".join(f"{spot.x:.1f},{spot.y:.1f}" for spot in _line(curve, most)),
        across=tuple(Tick(_x(n, most), f"{n:,}") for n in _round_steps(most)),
        up=tuple(Tick(_y(n / 100), f"{n} %") for n in (0, 25, 50, 75, 100)),
        chosen=_spot(advice.size, most),
        today=_spot(today, most) if today else None,
        really=_spot(really, most) if really else None,
    )


def _line(curve: Sequence[PoolSize], most: int) -> Iterator[Spot]:
    every = max(1, len(curve) // _MOST_POINTS)
    yield from (_spot(size, most) for size in curve[:-1:every])
    yield _spot(curve[-1], most)
    if curve[-1].numbers < most:
        yield _spot(PoolSize(most, curve[-1].exclusive), most)


def _spot(size: PoolSize, most: int) -> Spot:
    return Spot(_x(size.numbers, most), _y(size.exclusive))


def _x(numbers: int, most: int) -> float:
    return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * numbers / most, 1)


def _y(share: float) -> float:
    return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - share), 1)


def _round_steps(most: int) -> range:
    """Of 1, 2 or 5 times a power of ten, so that there are few of them."""
    step = next(
        step
        for power in range(12)
        for step in (10**power, 2 * 10**power, 5 * 10**power)
        if most / step <= _TICKS
    )
    return range(0, most + 1, step)
