"""Numbers are bought one by one, and each bears the name of its pool at the carrier: one that was
bought just before something broke is found again by it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from callweave.domain.leases.pools import Kind
from callweave.storage.numbers import Pool
from callweave.telephony.carrier import (
    CarrierApi,
    CarrierError,
    CarrierNumber,
    NumberSettings,
    UnsureError,
)

NOT_AVAILABLE = 21422
_MARK = "Callweave "


@dataclass(frozen=True, slots=True)
class Order:
    """``papers``: ``bundle_sid`` and ``address_sid``, where a country asks for them."""

    pool_id: str
    settings: NumberSettings
    papers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bought:
    e164: str


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody else was faster."""

    e164: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The others would fail alike. ``is_sure``: that this one was not bought."""

    e164: str
    error: CarrierError
    is_sure: bool


def mark(pool_id: str) -> str:
    """What a number that is bought for a pool is called at the carrier."""
    return _MARK + pool_id


def pool_of(number: CarrierNumber, pools: Iterable[Pool]) -> Pool | None:
    """The pool that it was bought for."""
    return next((pool for pool in pools if number.name == mark(pool.id)), None)


def role_in(pool: Pool) -> str:
    """Of a number that comes into it: only in pools by visitor is one lent to somebody alone."""
    return "pooled" if pool.kind == Kind.VISITOR else "overflow"


def buy_numbers(
    carrier: CarrierApi, order: Order, candidates: Iterable[str], count: int
) -> Iterator[Bought | Gone | Stopped]:
    """Until ``count`` are bought, no candidate is left, or one is refused."""
    bought = 0
    for e164 in candidates:
        if bought >= count:
            return
        told = _buy(carrier, order, e164)
        bought += isinstance(told, Bought)
        yield told
        if isinstance(told, Stopped):
            return


def _buy(carrier: CarrierApi, order: Order, e164: str) -> Bought | Gone | Stopped:
    try:
        carrier.buy(e164, order.settings, mark(order.pool_id), order.papers)
    except UnsureError as error:
        return _look(carrier, order, e164, error)
    except CarrierError as error:
        is_gone = error.code == NOT_AVAILABLE
        return Gone(e164) if is_gone else Stopped(e164, error, is_sure=True)
    return Bought(e164)


def _look(carrier: CarrierApi, order: Order, e164: str, error: CarrierError) -> Bought | Stopped:
    """No answer, or none that says so: the carrier's own list knows, but perhaps not yet."""
    try:
        found = [number.name for number in carrier.numbers(e164) if number.e164 == e164]
    except CarrierError:
        found = []
    is_there = mark(order.pool_id) in found
    return Bought(e164) if is_there else Stopped(e164, error, is_sure=False)
