"""callweave numbers configure: what our numbers do at the carrier."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass

import click
from sqlalchemy import select

from callweave.cli.context import console, database, one, settings
from callweave.cli.reconcile import carrier_of
from callweave.storage.accounts import Site
from callweave.storage.numbers import Number
from callweave.telephony.carrier import CarrierApi, CarrierError, CarrierNumber, NumberSettings
from callweave.telephony.last_resort import find_last_resort, host_last_resort
from callweave.telephony.twiml import Addresses

NEW_FLOW = "(a new flow at the carrier, which rings {})"
NAMES = ("rings", "when that fails", "tells the end")


@dataclass(frozen=True, slots=True)
class Step:
    number: CarrierNumber
    after: NumberSettings

    @property
    def is_done(self) -> bool:
        return self.number.settings == self.after and self.number.asked_by_post


@click.command()
@click.argument("numbers", metavar="[NUMBER]...", nargs=-1)
@click.option("--site", help="Only this site's numbers.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option(
    "--fallback",
    type=click.Choice(["ours", "carrier"]),
    default="ours",
    show_default=True,
    help="Who says how a call goes on when our answer cannot be had: docs/operations.md.",
)
def configure(
    numbers: tuple[str, ...],
    site: str | None,
    dry_run: bool,  # noqa: FBT001  a flag of the command line
    fallback: str,
) -> None:
    """Point our numbers at this installation: every NUMBER, or all of them. Safe to repeat.

    Sets at the carrier where a number rings, where its calls go when that fails, and where their
    end is told. Exits 1 if any of them could not be set.
    """
    chosen = settings()
    ours = _default_destinations(site)
    wanted = {number: ours[number] for number in numbers or ours if number in ours}
    problems = [f"{number} is none of our numbers" for number in numbers if number not in ours]
    carrier, addresses = carrier_of(chosen), Addresses(chosen.public_base_url)
    try:
        there = {number.e164: number for number in carrier.numbers()}
        fallbacks = _fallbacks(carrier, addresses, wanted.values(), fallback, dry_run=dry_run)
    except CarrierError as error:
        raise click.ClickException(str(error)) from None
    problems += _not_settable(wanted, there)
    steps = list(_steps(wanted, there, addresses, fallbacks))
    _show(steps)
    if not dry_run:
        problems += _carry_out(carrier, steps)
    if not numbers and site is None:
        _tell_of_strangers(there.keys() - ours.keys())
    if problems:
        raise click.ClickException("\n".join(problems))


def _default_destinations(site: str | None) -> Mapping[str, str]:
    """Of our numbers, where each rings when nothing can be decided."""
    with database() as found, found.reading() as session:
        sites = list(session.scalars(select(Site)))
        ids = [one(sites, "site", site).id] if site else [each.id for each in sites]
        rows = session.execute(
            select(Number.e164, Site.default_destination)
            .join(Site, Site.id == Number.site_id)
            .where(Number.site_id.in_(ids))
            .order_by(Number.e164)
        )
        return {row.e164: row.default_destination for row in rows}


def _fallbacks(
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


def _not_settable(wanted: Iterable[str], there: Mapping[str, CarrierNumber]) -> Iterator[str]:
    for number in wanted:
        if number not in there:
            yield f"{number} is not at the carrier"
        elif taken_by := there[number].taken_by:
            yield f"{number} is handled by {taken_by} at the carrier: take it off there first"


def _steps(
    wanted: Mapping[str, str],
    there: Mapping[str, CarrierNumber],
    addresses: Addresses,
    fallbacks: Mapping[str, str],
) -> Iterator[Step]:
    for number, destination in wanted.items():
        if number in there and not there[number].taken_by:
            ring, status = addresses.of("ring"), addresses.of("status")
            yield Step(there[number], NumberSettings(ring, fallbacks[destination], status))


def _show(steps: Iterable[Step]) -> None:
    """No table: an address that is cut to fit into one cannot be compared."""
    for step in steps:
        pairs = zip(NAMES, astuple(step.number.settings), astuple(step.after), strict=True)
        changes = [(name, old, new) for name, old, new in pairs if old != new]
        if step.is_done:
            _say(f"{step.number.e164}  as it should be")
        for name, old, new in changes or ([] if step.is_done else [("asked by", "GET", "POST")]):
            _say(f"{step.number.e164}  {name}: {old or '(nothing)'} -> {new}")


def _say(line: str) -> None:
    console.print(line, soft_wrap=True, markup=False)


def _carry_out(carrier: CarrierApi, steps: Iterable[Step]) -> Iterator[str]:
    """What went wrong; one number that cannot be set keeps none from being set."""
    changed = 0
    for step in steps:
        if step.is_done:
            continue
        try:
            carrier.configure(step.number, step.after)
            changed += 1
        except CarrierError as error:
            yield f"{step.number.e164} could not be set: {error}"
    console.print(f"{changed} set.")


def _tell_of_strangers(numbers: Iterable[str]) -> None:
    for number in sorted(numbers):
        console.print(f"{number} is at the carrier and in no pool of ours: left as it is.")
