"""What is said of a pool, on the page and by `callweave numbers plan` in the same words."""

from calendar import day_name
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from math import floor
from statistics import fmean
from zoneinfo import ZoneInfo

from callweave.domain.leases.advice import Advice
from callweave.domain.leases.planning import Arrivals
from callweave.domain.leases.pool_plans import FEW_DAYS, FEW_VISITS
from callweave.domain.leases.pools import Kind
from callweave.storage.reports.past_sizes import PastSize
from callweave.storage.reports.pool_use import PoolUse
from callweave.storage.reports.pools import Got, PoolLine
from callweave.web.pages.formats import day
from callweave.web.tables import Cell

LATER = "Whoever calls later than that is no longer an exclusive match."
NONE = "\N{EN DASH}"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def percent(share: float | None) -> str:
    """Never rounded up: 100 % is said only where nobody went without."""
    if share is None:
        return NONE
    tenths = floor(share * 1000 + 1e-6)
    return f"{tenths / 10:.1f} %" if tenths % 10 else f"{tenths // 10} %"


def asked(share: float) -> str:
    """A share as it was asked for; only what comes out of it is rounded."""
    return f"{100 * share:.10g} %"


def really(got: Got) -> str:
    return f"at least {percent(got.share)}" if got.turned_away else percent(got.share)


def really_with(use: PoolUse) -> str:
    """Behind the real share: the size that it belongs to, where that is not today's."""
    if use.size.mostly is None:
        return "with numbers that changed"
    other = use.size.mostly != use.size.today
    return f"with {counted(use.size.mostly, 'number')}" if other else ""


def about(seconds: float) -> str:
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= 2 * unit or (unit == _MINUTE and seconds >= unit):
            return counted(round(seconds / unit), name)
    return counted(max(1, round(seconds)), "second")


def exactly(seconds: float) -> str:
    """In the largest unit that leaves no rest worth telling: 90 seconds are no 2 minutes."""
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= unit and seconds % unit == 0:
            return counted(round(seconds / unit), name)
    if seconds >= 10 * _MINUTE:
        minutes = f"{seconds / _MINUTE:,.1f}".removesuffix(".0")
        return f"{minutes} minutes"
    return counted(round(seconds), "second") if seconds % 1 == 0 else f"{seconds:.1f} seconds"


def shown_again(numbers: int, after_s: float | None) -> str:
    """What a number is worth after a visitor has left: for how long it is nobody else's."""
    if after_s is None or not numbers:
        return ""
    return (
        f"With {counted(numbers, 'number')}, at your busiest hour a number is shown to somebody "
        f"else after about {about(after_s)}."
    )


def rush(advice: Advice) -> list[str]:
    """What keeps the formula's figure from being enough."""
    if not advice.is_rushed:
        return []
    alone = f"Erlang's formula alone says {advice.plan.size.numbers:,}"
    played = f"played visitor by visitor, it takes {advice.numbers:,}"
    return [f"{alone}; {played}: when a rush begins, nobody has given a number back yet."]


def understood(arrivals: Arrivals) -> tuple[str, str]:
    """Visits that were typed in, as they were read: how many, and when most of them."""
    visits, hours = arrivals.per_hour, len(arrivals.per_hour)
    if hours == 1:
        return f"{_few(visits[0])} an hour", "In every hour alike."
    nth, is_a_day = visits.index(arrivals.busiest), hours == _DAY // _HOUR
    when = f"from {nth % 24}:00 to {nth % 24 + 1}:00, with {_few(arrivals.busiest)}."
    if is_a_day:
        return f"{_few(sum(visits))} a day", f"Busiest {when}"
    return f"{_few(sum(visits))} a week", f"Busiest on {day_name[nth // 24]} {when}"


def _few(visits: float) -> str:
    """Without decimals that do not matter."""
    return f"{visits:,.2f}".rstrip("0").rstrip(".")


def stands_on(use: PoolUse) -> str:
    zone = ZoneInfo(use.zone)
    since, until = (day(at.astimezone(zone).date()) for at in (use.since, use.until))
    visits = counted(use.got.visits, "visit")
    held = about(fmean(use.held_s))
    each = (
        f"none with a number of its own, so that the lease time of the pool is assumed: {held}"
        if use.held_is_assumed
        else f"each holding a number for {held} on average"
    )
    return (
        f"These figures stand on {about(use.length.total_seconds())} of data ({since} to {until}): "
        f"{visits}, {each}."
    )


def held_back(got: Got) -> str:
    visits = counted(got.held_back, "visit")
    return (
        f"{visits} came from networks that ask for many numbers, so free ones were kept from them."
    )


def reservations(use: PoolUse) -> Iterator[str]:
    """What keeps the figures from being quite right."""
    yield from _of_size(use.size)
    if use.got.visits < FEW_VISITS or use.length < timedelta(FEW_DAYS):
        yield (
            f"That is little data (less than {FEW_VISITS} visits or {FEW_DAYS} days): take the "
            "figures for a first guess, and look again in a week."
        )
    if use.got.turned_away:
        yield (
            f"{counted(use.got.turned_away, 'page')} of this site found no number free and left "
            "nothing that could be counted by pool, so more numbers are needed than is said here. "
            "With an overflow number in the pool such visits count."
        )
    if use.got.stand_in:
        yield (
            f"{counted(use.got.stand_in, 'visit')} found no number free and got the number of "
            "their source instead. They are in the share and not in the model, so more numbers are "
            "needed than is said here."
        )
    if use.got.held_back:
        yield f"{held_back(use.got)} They are left out of these figures."
    if use.got.without_cool_down:
        yield (
            f"{counted(use.got.without_cool_down, 'visit')} got a number of their own that had not "
            "rested for as long as this pool asks for, since none had."
        )


def _of_size(size: PastSize) -> Iterator[str]:
    if size.is_todays:
        return
    today = counted(size.today, "number")
    if size.mostly is None:
        yield (
            f"The pool has {today}. In this time its size changed, and it had none for most of it: "
            f"what really happened belongs to no one size and is not comparable with {size.today}."
        )
    elif size.mostly != size.today:
        yield (
            f"The pool had {counted(size.mostly, 'number')} for most of this time: what really "
            f"happened is not comparable with {size.today}."
        )
    else:
        yield (
            f"The pool had its {today} for no more than {percent(size.share)} of this time: what "
            "really happened is partly that of another size."
        )


KIND = {
    Kind.VISITOR: "",
    Kind.SOURCE: "one number for a source",
    Kind.PLACEMENT: "in print, shown on no page",
    Kind.UNSHOWN: "never shown: calls are spam probes",
}


CSV_HEADER = (
    "site", "pool", "numbers", "lent_now", "overflow_numbers",
    "visits", "exclusive", "shared", "turned_away_pages", "share",
    "kind", "without_cool_down", "stand_in", "calls", "held_back",
)  # fmt: skip


def csv_table(lines: Sequence[PoolLine]) -> tuple[Sequence[str], Iterator[list[Cell]]]:
    """One line for each pool; visits are those of the last four weeks, the share is of 1."""
    return CSV_HEADER, (_csv_row(line) for line in lines)


def _csv_row(line: PoolLine) -> list[Cell]:
    got, share = line.got, line.got.share
    return [
        line.site.name, line.name, line.numbers, line.lent, line.overflow,
        got.visits, got.exclusive, got.shared, got.turned_away,
        None if share is None or not line.lends else Decimal(f"{share:.6f}"),
        line.kind.value, got.without_cool_down, got.stand_in, line.calls, got.held_back,
    ]  # fmt: skip


def counted(times: int, what: str) -> str:
    return f"{times:,} {what}" if times == 1 else f"{times:,} {what}s"
