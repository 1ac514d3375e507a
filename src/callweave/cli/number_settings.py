"""What our numbers are to do at the carrier, and what they do: for whoever compares or sets it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass

import click
from sqlalchemy import select

from callweave.cli.context import console, database, one
from callweave.storage.accounts import Site
from callweave.storage.numbers import Number
from callweave.telephony.carrier import CarrierApi, CarrierNumber, NumberSettings
from callweave.telephony.last_resort import find_last_resort, host_last_resort
from callweave.telephony.twiml import Addresses

NEW_FLOW = "(a new flow at the carrier, which rings {})"
NAMES = ("rings", "when that fails", "tells the end")

choose_fallback = click.option(
    "--fallback",
    type=click.Choice(["ours", "carrier"]),
    default="ours",
    show_default=True,
    help="Who says how a call goes on when our answer cannot be had: docs/operations.md.",
)


@dataclass(frozen=True, slots=True)
class Step:
    number: CarrierNumber
    after: NumberSettings

    @property
    def is_done(self) -> bool:
        return self.number.settings == self.after and self.number.asked_by_post

    def changes(self) -> list[tuple[str, str, str]]:
        """What is otherwise than it should be: its name, as it is, as it should be."""
        pairs = zip(NAMES, astuple(self.number.settings), astuple(self.after), strict=True)
        changes = [(name, old or "(nothing)", new) for name, old, new in pairs if old != new]
        return changes or ([] if self.is_done else [("asked by", "GET", "POST")])


def default_destinations(site: str | None) -> Mapping[str, str]:
    """Of our numbers, where each rings when nothing can be decided."""
    with database() as found, found.reading() as session:
        sites = list(session.scalars(select(Site)))
        ids = [one(sites, "site", site).id] if site else [each.id for each in sites]
        rows = session.execute(
            select(Number.e164, Site.default_destination)
            .join(Site, Site.id == Number.site_id)
            .where(Number.site_id.in_(ids), Number.role != "retired")
            .order_by(Number.e164)
        )
        return {row.e164: row.default_destination for row in rows}


def fallbacks(
    carrier: CarrierApi,
    addresses: Addresses,
    destinations: Iterable[str],
    fallback: str,
    *,
    dry_run: bool,
) -> Mapping[str, str]:
    """Where calls go when our answer fails, by default destination."""
    if fallback == "ours":
        return dict.fromkeys(destinations, addresses.of("fallback"))
    found = {each: find_last_resort(carrier, each) for each in set(destinations)}
    return {
        each: address or (NEW_FLOW.format(each) if dry_run else host_last_resort(carrier, each))
        for each, address in found.items()
    }


def settings_of(addresses: Addresses, fallback: str) -> NumberSettings:
    return NumberSettings(addresses.of("ring"), fallback, addresses.of("status"))


def not_settable(wanted: Iterable[str], there: Mapping[str, CarrierNumber]) -> Iterator[str]:
    for number in wanted:
        if number not in there:
            yield f"{number} is not at the carrier"
        elif taken_by := there[number].taken_by:
            yield f"{number} is handled by {taken_by} at the carrier: take it off there first"


def steps(
    wanted: Mapping[str, str],
    there: Mapping[str, CarrierNumber],
    addresses: Addresses,
    fallback_of: Callable[[CarrierNumber, str], str],
) -> Iterator[Step]:
    """``wanted``: default destinations by number; ``fallback_of`` is told both."""
    for e164, destination in wanted.items():
        number = there.get(e164)
        if number and not number.taken_by:
            yield Step(number, settings_of(addresses, fallback_of(number, destination)))


def say(line: str) -> None:
    """No table: an address that is cut to fit into one cannot be compared."""
    console.print(line, soft_wrap=True, markup=False)
