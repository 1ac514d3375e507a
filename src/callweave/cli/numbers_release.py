"""callweave numbers release: numbers are given back to the carrier."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

import click

from callweave.cli.context import database, now, settings
from callweave.cli.number_settings import say
from callweave.cli.numbers_list import standing_numbers
from callweave.cli.numbers_wanted import read_numbers
from callweave.cli.reconcile import Span, carrier_of
from callweave.storage.reports.standing import Standing
from callweave.telephony.carrier import CarrierApi, CarrierError, CarrierNumber
from callweave.workflows.release_numbers import RETIRED, is_unused, retire, why_keep


@click.command()
@click.argument("numbers", metavar="[NUMBER]...", nargs=-1)
@click.option("--site", help="Needed with --pool when there is more than one.")
@click.option("--pool", help="Instead of NUMBERs, with --unused-for.")
@click.option("--unused-for", type=Span(), help="Neither shown nor rung for as long: 30d.")
@click.option("--force", is_flag=True, help="Also what is lent, shown to all, or was of late.")
@click.option("--yes", is_flag=True, help="Do it. Without it, nothing is released.")
def release(
    numbers: tuple[str, ...],
    site: str | None,
    pool: str | None,
    unused_for: timedelta | None,
    *,
    force: bool,
    yes: bool,
) -> None:
    """Give numbers back to the carrier.

    Each NUMBER, or those of a pool that nobody uses. Says first what it would do; --yes does
    it. Safe to repeat. What is lent, or was shown or rung in the last 30 days, is kept, for
    whoever gets it next would get its callers. What we know of a number and its calls stays.
    """
    if bool(numbers) == bool(pool) or bool(pool) != bool(unused_for):
        raise click.UsageError("either NUMBERs, or a --pool with --unused-for")
    named, carrier = read_numbers(numbers), carrier_of(settings())
    known = standing_numbers(site, pool)
    if unused_for:
        since = now() - unused_for
        chosen = [each for each in known if is_unused(each, since)]
    else:
        chosen = [each for each in known if each.e164 in named]
    unknown = set(named) - {each.e164 for each in known}
    problems = [f"{number} is none of our numbers" for number in sorted(unknown)]
    try:
        there = {number.e164: number for number in carrier.numbers()}
    except CarrierError as error:
        raise click.ClickException(str(error)) from None
    todo = list(_sorted_out(chosen, there, problems, force=force))
    if yes:
        problems += _carry_out(carrier, todo, there, force=force)
    else:
        _show(todo)
    if problems:
        raise click.ClickException("\n".join(problems))


def _sorted_out(
    chosen: Iterable[Standing],
    there: dict[str, CarrierNumber],
    problems: list[str],
    *,
    force: bool,
) -> Iterator[Standing]:
    for number in chosen:
        reason = None if number.role == RETIRED or force else why_keep(number, now())
        if reason:
            problems.append(f"{number.e164} {reason}: kept (--force releases it all the same)")
        elif number.role == RETIRED and number.e164 not in there:
            say(f"{number.e164} was released before.")
        else:
            yield number


def _show(todo: Iterable[Standing]) -> None:
    count = 0
    for count, number in enumerate(todo, start=1):  # noqa: B007  the count is told below
        say(f"{number.e164} would be released from pool {number.pool} of {number.site}.")
    say(f"{count} would be released. Nothing was done: --yes does it.")


def _carry_out(
    carrier: CarrierApi,
    todo: Iterable[Standing],
    there: dict[str, CarrierNumber],
    *,
    force: bool,
) -> Iterator[str]:
    """What went wrong. A number is never shown that is not ours any more: it leaves the pool first.
    One that is stuck between both is found by the next try, and by `check`.
    """
    for number in todo:
        if not _retired(number, force=force):
            yield f"{number.e164} was lent just now: kept"
            continue
        try:
            if number.e164 in there:
                carrier.release(there[number.e164])
            say(f"{number.e164} released.")
        except CarrierError as error:
            yield f"{number.e164} is in no pool, but still at the carrier: repeat ({error})"


def _retired(number: Standing, *, force: bool) -> bool:
    with database() as opened, opened.writing() as session:
        return retire(session, number.id, now(), lent_too=force)
