"""What strikes the whole service at once: outages, restarts, clocks that jump, new tokens."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from callweave.simulator.carrier import Carrier
from callweave.simulator.chance import chance
from chaos.faults import Mishap, Weather
from chaos.nets import Net
from chaos.reconciling import EVERY_S as RECONCILED_EVERY_S
from chaos.reconciling import reconcile_now
from chaos.service import TOKENS, ServiceUnderTest

DAY = timedelta(hours=24)
# Of a run: what its clock excuses must stay a small part of it.
MOST_SKEWED = 0.15
# After the last fault: late reports, the last repairs, the look at each call ten minutes later.
AFTERMATH_S = 2_400.0
# A run that is over sooner is none in which the reconciler and the spool could meet.
SHORTEST_BESIEGED_S = 1_200.0


def let_it_rain(service: ServiceUnderTest, carrier: Carrier, weather: Weather, last: float) -> None:
    """``last``: when the last journey begins; some time after it the sky is clear for good."""
    draw, until = chance(service.seed, "weather"), last + 600
    for at in _moments(draw, weather.outage_every, last):
        _outage(service, at, draw.uniform(*weather.outage_s), Mishap.OUTAGE)
    for at in _moments(draw, weather.skew_every, last):
        longest = max(weather.skew_s[0], last * MOST_SKEWED)
        _skew(service, at, min(longest, draw.uniform(*weather.skew_s)), draw.choice((DAY, -DAY)))
    for at in _moments(draw, weather.restart_every, last):
        service.scheduler.at(at, service.restart)
    if last > SHORTEST_BESIEGED_S:
        for at in _moments(draw, weather.siege_every, last):
            _siege(service, carrier, at, draw.uniform(*weather.siege_s))
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


def _moments(draw: Random, every: float, last: float) -> Sequence[float]:
    """In a short run one at least, and that while people call."""
    if not every:
        return []
    found, at = [draw.uniform(last * 0.2, last * 0.8)], draw.expovariate(1 / every)
    while at < last:
        found.append(at)
        at += draw.expovariate(1 / every)
    return found[1:] or found


def _outage(service: ServiceUnderTest, at: float, seconds: float, kind: Mishap) -> None:
    service.armed[kind] += 1
    service.scheduler.at(at, lambda: service.lose_database(kind))
    service.scheduler.at(at + seconds, service.regain_database)


def _siege(service: ServiceUnderTest, carrier: Carrier, at: float, seconds: float) -> None:
    """At its end the reconciler is there first, before anything is taken out of the spool."""
    _outage(service, at, seconds, Mishap.SIEGE)
    if Net.RECONCILER in service.nets:
        service.scheduler.at(at + seconds, lambda: reconcile_now(service, carrier))


def _skew(service: ServiceUnderTest, at: float, seconds: float, by: timedelta) -> None:
    service.armed[Mishap.SKEW] += 1
    service.scheduler.at(at, lambda: service.turn_clock(by))
    service.scheduler.at(at + seconds, lambda: service.turn_clock(timedelta()))


def _rotate(service: ServiceUnderTest, until: float) -> None:
    """Both tokens are accepted before the carrier takes the new one, and for a while after."""
    first, second = TOKENS[:2]

    def accept(*tokens: str) -> None:
        service.accepted = tokens
        service.restart()

    def take_new() -> None:
        service.carrier_token = second
        service.note(str(Mishap.ROTATION), Mishap.ROTATION)

    service.scheduler.at(until * 0.3, lambda: accept(first, second))
    service.scheduler.at(until * 0.5, take_new)
    service.scheduler.at(until * 0.5 + 900, lambda: accept(second))
