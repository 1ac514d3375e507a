"""callweave numbers buy: from what the carrier has for sale into a pool."""

from collections.abc import Iterable, Iterator
from typing import Any

import click

from callweave.cli.context import console, database, settings
from callweave.cli.number_settings import choose_fallback, fallbacks, say, settings_of
from callweave.cli.numbers_check import find_strays, put_into
from callweave.cli.numbers_cost import cost_in_words
from callweave.cli.numbers_offered import MOST, filters, table, wanted_from
from callweave.cli.numbers_wanted import Purchase, Target, candidates, of_named, of_search, target
from callweave.cli.reconcile import carrier_of
from callweave.storage.numbers import Pool
from callweave.telephony.carrier import CarrierApi, CarrierError
from callweave.telephony.twiml import Addresses
from callweave.workflows.buy_numbers import Bought, Gone, Order, Stopped, buy_numbers

# The carrier's codes, and what a buyer does about them.
_AN_ADDRESS = "give --address AD...: the carrier wants an address of yours (its console: Addresses)"
_HELP = {
    21613: _AN_ADDRESS,
    21615: f"{_AN_ADDRESS}, in the number's own area",
    21631: _AN_ADDRESS,
    21649: "give --bundle BU...: its country wants to know who has it. Hand in papers at the "
    "carrier (its console: Regulatory Compliance); they have to be approved, which takes days",
}


@click.command()
@click.argument("numbers", metavar="[NUMBER]...", nargs=-1)
@click.option("--site", help="Needed when there is more than one.")
@click.option("--pool", help="Needed when the site has more than one.")
@click.option("--count", type=click.IntRange(1, MOST), help="So many more, as the filters say.")
@click.option("--up-to", type=click.IntRange(1, 100 * MOST), help="Until the pool has so many.")
@filters
@click.option("--bundle", metavar="BU...", help="Papers that some countries want to see first.")
@click.option("--address", metavar="AD...", help="An address of yours, where one is needed.")
@choose_fallback
@click.option("--yes", is_flag=True, help="Buy. Without it, nothing is bought.")
def buy(  # noqa: PLR0913  each is something that a buyer may say
    numbers: tuple[str, ...],
    site: str | None,
    pool: str | None,
    count: int | None,
    up_to: int | None,
    bundle: str | None,
    address: str | None,
    fallback: str,
    *,
    yes: bool,
    **asked: Any,
) -> None:
    """Buy numbers for a pool.

    Each NUMBER, or what a search finds; they are set up and lent at once. Says first what it
    would buy and what that costs; --yes buys. One that was bought for the pool before, when
    something broke, counts as bought. --up-to and NUMBERs are safe to repeat.

    callweave numbers buy --pool main --country GB --area 020 --up-to 40
    """
    if sum(map(bool, (numbers, count, up_to))) != 1:
        raise click.UsageError("either NUMBERs, or --count, or --up-to")
    chosen = settings()
    carrier, addresses = carrier_of(chosen), Addresses(chosen.public_base_url)
    into = target(site, pool)
    more = count or max(0, (up_to or 0) - into.has)
    wanted = None if numbers else wanted_from(asked)
    try:
        there = {number.e164: number for number in carrier.numbers()}
        strays = find_strays(there, addresses)
        if wanted is None:
            purchase = of_named(numbers, into, there, strays)
        else:
            purchase = of_search(carrier, wanted, more, into, strays)
        hosted = fallbacks(carrier, addresses, [into.destination], fallback, dry_run=not yes)
    except CarrierError as error:
        raise click.ClickException(str(error)) from None
    if not yes:
        _show(carrier, purchase, into)
        return
    given = {"bundle_sid": bundle, "address_sid": address}
    papers = {name: sid for name, sid in given.items() if sid}
    order = Order(into.pool_id, settings_of(addresses, hosted[into.destination]), papers)
    _carry_out(carrier, order, purchase, into)


def _show(carrier: CarrierApi, purchase: Purchase, into: Target) -> None:
    for stray in purchase.found:
        say(f"{stray.number.e164} is yours already, and would be taken into pool {into.pool}.")
    if not purchase.found and not purchase.count:
        say(f"Pool {into.pool} has {into.has} numbers: none is to be bought.")
        return
    if purchase.offers:
        say(f"For pool {into.pool} of {into.site} would be bought:")
        console.print(table(purchase.offers))
        say(f"{cost_in_words(carrier, purchase.sorts())}.")
    if len(purchase.offers) < purchase.count:
        say(f"The carrier shows {len(purchase.offers)} such numbers just now; later perhaps more.")
    if purchase.wanted and purchase.offers:
        say("A search may find others then: name numbers to get just these.")
    say("Nothing was bought: --yes does it.")


def _carry_out(carrier: CarrierApi, order: Order, purchase: Purchase, into: Target) -> None:
    """What was bought is told at once, and written down before the next one is."""
    for stray in purchase.found:
        _write_down(stray.number.e164, into)
        say(f"{stray.number.e164} was yours already, and is in pool {into.pool} now.")
    bought, wishes = 0, candidates(carrier, purchase)
    try:
        for number in _bought(carrier, order, wishes, purchase.count):
            bought += 1
            say(f"{number} bought.")
            _write_down(number, into)
    except CarrierError as error:
        raise click.ClickException(str(error)) from None
    finally:
        say(f"{bought} of {purchase.count} bought for pool {into.pool} of {into.site}.")
    if bought < purchase.count:
        raise click.ClickException("the carrier has no more such numbers just now")


def _write_down(number: str, into: Target) -> None:
    with database() as opened, opened.writing() as session:
        put_into(session, session.get_one(Pool, into.pool_id), number)


def _bought(carrier: CarrierApi, order: Order, wishes: Iterable[str], count: int) -> Iterator[str]:
    """Raises ClickException where the carrier refuses one."""
    for told in buy_numbers(carrier, order, wishes, count):
        match told:
            case Bought(e164):
                yield e164
            case Gone(e164):
                say(f"{e164} is not for sale any more.")
            case Stopped(e164, error, is_sure):
                raise click.ClickException(_why(e164, error, is_sure=is_sure))


def _why(e164: str, error: CarrierError, *, is_sure: bool) -> str:
    if not is_sure:
        return f"whether {e164} was bought is not known, but repeating this finds it: {error}"
    if advice := _HELP.get(error.code or 0):
        return f"{e164} was not bought: {advice} ({error})"
    return f"{e164} was not bought: {error}"
