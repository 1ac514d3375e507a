"""callweave numbers configure: what our numbers do at the carrier."""

from collections.abc import Iterable, Iterator

import click

from callweave.cli.context import console, settings
from callweave.cli.number_settings import (
    Step,
    choose_fallback,
    default_destinations,
    fallbacks,
    not_settable,
    say,
    steps,
)
from callweave.cli.reconcile import carrier_of
from callweave.telephony.carrier import CarrierApi, CarrierError
from callweave.telephony.twiml import Addresses


@click.command()
@click.argument("numbers", metavar="[NUMBER]...", nargs=-1)
@click.option("--site", help="Only this site's numbers.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@choose_fallback
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
    ours = default_destinations(site)
    wanted = {number: ours[number] for number in numbers or ours if number in ours}
    problems = [f"{number} is none of our numbers" for number in numbers if number not in ours]
    carrier, addresses = carrier_of(chosen), Addresses(chosen.public_base_url)
    try:
        there = {number.e164: number for number in carrier.numbers()}
        last = fallbacks(carrier, addresses, wanted.values(), fallback, dry_run=dry_run)
    except CarrierError as error:
        raise click.ClickException(str(error)) from None
    problems += not_settable(wanted, there)
    to_take = list(steps(wanted, there, addresses, lambda _, destination: last[destination]))
    _show(to_take)
    if not dry_run:
        problems += _carry_out(carrier, to_take)
    if not numbers and site is None:
        _tell_of_strangers(there.keys() - ours.keys())
    if problems:
        raise click.ClickException("\n".join(problems))


def _show(steps: Iterable[Step]) -> None:
    for step in steps:
        if step.is_done:
            say(f"{step.number.e164}  as it should be")
        for name, old, new in step.changes():
            say(f"{step.number.e164}  {name}: {old} -> {new}")


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
