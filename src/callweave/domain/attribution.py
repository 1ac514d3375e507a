from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

LOOKBACK = timedelta(days=90)
"""Google Analytics 4's default for conversions that are not a first visit."""

HALF_LIFE = timedelta(days=7)

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class TouchPoint:
    touch_id: str
    at: datetime
    direct: bool


@dataclass(frozen=True, slots=True)
class Credit:
    """A touch's part of one conversion: in millionths, and in minor units of its value.

    Without a touch, the part that nobody earned.
    """

    touch_id: str | None
    share_millionths: int
    value: int


Touches = Sequence[TouchPoint]
Weights = Sequence[int]
"""What each touch, oldest first, weighs against the others: whole numbers, at least one above 0."""


def first_touch(touches: Touches) -> Weights:
    return [1, *[0] * (len(touches) - 1)]


def last_touch(touches: Touches) -> Weights:
    return [*[0] * (len(touches) - 1), 1]


def last_non_direct(touches: Touches) -> Weights:
    """Google Analytics' "last non-direct click": a direct visit counts only if all were direct."""
    named = [place for place, touch in enumerate(touches) if not touch.direct]
    if not named:
        return last_touch(touches)
    return [int(place == named[-1]) for place in range(len(touches))]


def linear(touches: Touches) -> Weights:
    return [1] * len(touches)


def position_based(touches: Touches) -> Weights:
    """40 % to the first and to the last touch, 20 % in equal parts to those between (Google
    Analytics' "position based", also called U-shaped); two touches share equally.
    """
    between = len(touches) - 2
    if between < 1:
        return linear(touches)
    # 40 : 20 / between : 40, times between / 20
    return [2 * between, *[1] * between, 2 * between]


def time_decay(touches: Touches) -> Weights:
    """A touch weighs 2^(-age / 7 days) (Google Analytics' "time decay" with its half-life).

    Age counts from the newest touch, not from the conversion: that divides all weights by the
    same number, and no gap is so long that all of them vanish. Rounded to 2^-40 of the newest,
    which leaves out the last bits of a power, in which platforms differ.
    """
    newest = touches[-1].at
    return [round(2.0 ** (40 - (newest - touch.at) / HALF_LIFE)) for touch in touches]


class Model(StrEnum):
    """How a conversion is shared among the touches before it."""

    FIRST_TOUCH = "first_touch"
    LAST_TOUCH = "last_touch"
    LAST_NON_DIRECT = "last_non_direct"
    LINEAR = "linear"
    POSITION_BASED = "position_based"
    TIME_DECAY = "time_decay"

    @property
    def display_name(self) -> str:
        return _MODELS[self].display_name

    def weigh(self, touches: Touches) -> Weights:
        """For touches in order, oldest first; at least one."""
        return _MODELS[self].weigh(touches)


class _Definition(NamedTuple):
    display_name: str
    weigh: Callable[[Touches], Weights]


_MODELS = {
    Model.FIRST_TOUCH: _Definition("First touch", first_touch),
    Model.LAST_TOUCH: _Definition("Last touch", last_touch),
    Model.LAST_NON_DIRECT: _Definition("Last non-direct", last_non_direct),
    Model.LINEAR: _Definition("Linear", linear),
    Model.POSITION_BASED: _Definition("Position based (40/20/40)", position_based),
    Model.TIME_DECAY: _Definition("Time decay (7-day half-life)", time_decay),
}


def share_credit(
    model: Model,
    touches: Iterable[TouchPoint],
    converted_at: datetime,
    value: int,
    lookback: timedelta = LOOKBACK,
) -> tuple[Credit, ...]:
    """Who earned a conversion of `value` minor units, oldest touch first.

    Touches count from `lookback` before the conversion up to its very moment. The shares add up to
    a million and the values to `value` exactly, always: with no touch to credit, one credit
    without a touch has it all. Touches that earn nothing under the model get no credit.
    """
    counting = sorted(
        (touch for touch in touches if converted_at - lookback <= touch.at <= converted_at),
        key=lambda touch: (touch.at, touch.touch_id),
    )
    if not counting:
        return (Credit(touch_id=None, share_millionths=MILLION, value=value),)
    weights = model.weigh(counting)
    return tuple(
        Credit(touch.touch_id, share, worth)
        for touch, weight, share, worth in zip(
            counting, weights, _apportion(MILLION, weights), _apportion(value, weights), strict=True
        )
        if weight
    )


def _apportion(total: int, weights: Weights) -> list[int]:
    """Whole parts of `total` in proportion to the weights, by the largest remainder (Hamilton's
    method): what rounding down leaves over goes, one each, to the largest remainders, of equal ones
    to the earlier. Every part is within one of its exact size, and a weight of 0 gets nothing.
    """
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return parts
