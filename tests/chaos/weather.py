"""What strikes the whole service at once: outages, restarts, clocks that jump, new tokens."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from random import Random

from callweave.simulator.carrier import Carrier
from callweave.simulator.chance import chance
from chaos.faults import Weather
from chaos.nets import Net
from chaos.reconciling import EVERY_S as RECONCILED_EVERY_S
from chaos.reconciling import reconcile_now
from chaos.service import TOKENS, ServiceUnderTest

DAY = timedelta(hours=24)
# After the last fault: late reports, the last repairs, the look at each call ten minutes later.
AFTERMATH_S = 2_400.0


def let_it_rain(service: ServiceUnderTest, carrier: Carrier, weather: Weather, last: float) -> None:
    """``last``: when the last journey begins; some time after it the sky is clear for good."""
    draw, until = chance(service.seed, "weather"), last + 600
    for at in _moments(draw, weather.outage_every, until):
        _lasting(service, at, draw.uniform(*weather.outage_s), _down(service))
    for at in _moments(draw, weather.skew_every, until):
        days = draw.choice((DAY, -DAY))
        _lasting(service, at, draw.uniform(*weather.skew_s), _skewed(service, days))
    for at in _moments(draw, weather.restart_every, until):
        service.scheduler.at(at, lambda: _restart(service))
    if weather.restart_every:
        _rotate(service, until)
    if Net.RECONCILER in service.nets:
        _reconcile(service, carrier, until + AFTERMATH_S)


def _reconcile(service: ServiceUnderTest, carrier: Carrier, until: float) -> None:
    def once() -> None:
        reconcile_now(service, carrier)
        if service.scheduler.elapsed < until:
            service.scheduler.after(RECONCILED_EVERY_S, once)

    service.scheduler.after(RECONCILED_EVERY_S, once)


def _moments(draw: Random, every: float, until: float) -> Iterator[float]:
    at = draw.expovariate(1 / every) if every else until
    while at < until:
        yield at
        at += draw.expovariate(1 / every)


def _lasting(
    service: ServiceUnderTest, at: float, seconds: float, turn: Callable[[bool], None]
) -> None:
    service.scheduler.at(at, lambda: turn(True))  # noqa: FBT003  on
    service.scheduler.at(at + seconds, lambda: turn(False))  # noqa: FBT003  and off again


def _down(service: ServiceUnderTest) -> Callable[[bool], None]:
    def turn(down: bool) -> None:  # noqa: FBT001  a switch
        service.switch.down = down
        service.note(f"the database is {'down' if down else 'back'}")

    return turn


def _skewed(service: ServiceUnderTest, by: timedelta) -> Callable[[bool], None]:
    def turn(on: bool) -> None:  # noqa: FBT001  a switch
        service.skew = by if on else timedelta()
        service.note(f"the service's clock is off by {service.skew}")

    return turn


def _restart(service: ServiceUnderTest) -> None:
    service.note("the service is killed and started again")
    service.restart()


def _rotate(service: ServiceUnderTest, until: float) -> None:
    """Both tokens are accepted before the carrier takes the new one, and for a while after."""
    first, second = TOKENS[:2]

    def accept(*tokens: str) -> None:
        service.accepted = tokens
        _restart(service)

    def take_new() -> None:
        service.carrier_token = second
        service.note("the carrier signs with the new token")

    service.scheduler.at(until * 0.3, lambda: accept(first, second))
    service.scheduler.at(until * 0.5, take_new)
    service.scheduler.at(until * 0.5 + 900, lambda: accept(second))
