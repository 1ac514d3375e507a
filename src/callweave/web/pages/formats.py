"""Numbers, times and addresses as people read them."""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from callweave.domain.outcomes import DECIMALS
from callweave.domain.phone import last_two
from callweave.storage.reports.tally import Money, amounts

# With a pattern, since what a browser sent need not be an address that urllib takes.
_PAGE = re.compile("https?://[^/?#]*(?P<path>/[^?#]*)?")

HUNDREDTHS = 10_000
"""Millionths in a hundredth: shares are shown with two digits after the point."""


def clock(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def day(at: date) -> str:
    return f"{at:%a} {at.day} {at:%b %Y}"


def local_day(at: datetime, zone: str) -> str:
    return day(at.astimezone(ZoneInfo(zone)).date())


def moment(at: datetime, zone: str) -> str:
    """With the zone's name: a journey's times are worth little without it."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{day(local.date())}, {local:%H:%M %Z}"


def duration(seconds: int | None) -> str:
    """``0:07``, ``12:30``, ``1:02:09``."""
    if seconds is None:
        return "\N{EN DASH}"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def phone(e164: str | None) -> str:
    if e164 is None:
        return "Withheld"
    try:
        number = phonenumbers.parse(e164)
    except NumberParseException:
        return e164
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)


def masked_phone(e164: str | None) -> str:
    return f"Number {last_two(e164)}" if e164 else "Withheld"


def of_one(millionths: int) -> str:
    """Part calls: ``3``, ``3.33``. Rounded down by itself; columns are rounded by ``evened``."""
    whole, hundredths = divmod(millionths // HUNDREDTHS, 100)
    return f"{whole:,}.{hundredths:02}" if hundredths else f"{whole:,}"


def percentage(millionths: int) -> str:
    hundredths = (millionths + 50) // 100
    whole, part = divmod(hundredths, 100)
    return f"{whole}.{part:02} %" if part else f"{whole} %"


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def trait(value: object) -> str:
    """What a site says of its visitor: mostly text, numbers, yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def tapped(number: object) -> str:
    """What the browser says was tapped, which need not be a number."""
    return phone(number) if isinstance(number, str) else "on the page"


def evened(column: list[int]) -> list[int]:
    """Millionths rounded to hundredths so that the shown numbers add up to the shown sum: the
    largest remainders are rounded up, as many as it takes.
    """
    shown = [part // HUNDREDTHS for part in column]
    missing = sum(column) // HUNDREDTHS - sum(shown)
    by_remainder = sorted(range(len(column)), key=lambda i: -(column[i] % HUNDREDTHS))
    for index in by_remainder[:missing]:
        shown[index] += 1
    return [hundredths * HUNDREDTHS for hundredths in shown]


def major(value: int | None, currency: str | None) -> Decimal | None:
    """An amount for a spreadsheet: ``1499.00``."""
    if value is None or currency is None:
        return None
    return Decimal(value).scaleb(-DECIMALS.get(currency, 2))


def sums(value: Mapping[str, int], first: str | None) -> list[Money]:
    """The site's own currency before the others."""
    return sorted(amounts(value), key=lambda sum_: sum_.currency != first)


def percent_of(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def page_path(address: str) -> str:
    """A site's own pages are told apart by their paths."""
    found = _PAGE.match(address)
    return (found["path"] or "/") if found else address
