"""What is said of a pool, on the page and by `callweave numbers plan` in the same words."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from math import floor
from statistics import fmean
from zoneinfo import ZoneInfo

from callweave.domain.leases.pool_plans import FEW_DAYS, FEW_VISITS
from callweave.domain.leases.pools import Kind
from callweave.storage.reports.pool_use import PoolUse
from callweave.storage.reports.pools import Got, PoolLine
from callweave.web.pages.formats import day
from callweave.web.tables import Cell

LATER = "Whoever calls later than that is no longer an exclusive match."
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def percent(share: float | None) -> str:
    """Never rounded up: 100 % is said only where nobody went without."""
    if share is None:
        return "\N{EN DASH}"
    tenths = floor(share * 1000 + 1e-6)
    return f"{tenths / 10:.1f} %" if tenths % 10 else f"{tenths // 10} %"


def really(got: Got) -> str:
    return f"at least {percent(got.share)}" if got.turned_away else percent(got.share)


def about(seconds: float) -> str:
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= 2 * unit or (unit == _MINUTE and seconds >= unit):
            return counted(round(seconds / unit), name)
    return counted(max(1, round(seconds)), "second")


def shown_again(numbers: int, after_s: float | None) -> str:
    """What a number is worth after a visitor has left: for how long it is nobody else's."""
    if after_s is None or not numbers:
        return ""
    return (
        f"With {counted(numbers, 'number')}, at your busiest hour a number is shown to somebody "
        f"else after about {about(after_s)}."
    )


def stands_on(use: PoolUse) -> str:
    zone = ZoneInfo(use.zone)
    since, until = (day(at.astimezone(zone).date()) for at in (use.since, use.until))
    visits = counted(use.got.visits, "visit")
    held = about(fmean(use.held_s))
    return (
        f"These figures stand on {about(use.length.total_seconds())} of data ({since} to {until}): "
        f"{visits}, each holding a number for {held} on average."
    )


def reservations(use: PoolUse) -> Iterator[str]:
    """What keeps the figures from being quite right."""
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
        yield (
            f"{counted(use.got.held_back, 'visit')} came from networks that ask for many numbers, "
            "so free ones were kept from them. They are left out of these figures."
        )
    if use.got.without_cool_down:
        yield (
            f"{counted(use.got.without_cool_down, 'visit')} got a number of their own that had not "
            "rested for as long as this pool asks for, since none had."
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
    "kind", "without_cool_down", "stand_in", "calls",
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
        line.kind.value, got.without_cool_down, got.stand_in, line.calls,
    ]  # fmt: skip


def counted(times: int, what: str) -> str:
    return f"{times:,} {what}" if times == 1 else f"{times:,} {what}s"
