"""callweave numbers buy: from what the carrier has for sale into a pool."""

from collections.abc import Iterator, Sequence
from typing import Any

import click

from callweave.cli.context import console, database, settings
from callweave.cli.number_settings import choose_fallback, fallbacks, say, settings_of
from callweave.cli.numbers_check import find_strays, put_into
from callweave.cli.numbers_cost import cost_in_words
from callweave.cli.numbers_offered import MOST, filters, table, wanted_from
from callweave.cli.numbers_wanted import Purchase, Target, candidates, of_named, of_search, target
from callweave.cli.purchase_words import (
    bought_in_all,
    found_before,
    how_to_buy,
    how_to_go_on,
    nothing_to_buy,
    remarks,
    too_few,
    why_stopped,
)
from callweave.cli.reconcile import carrier_of
from callweave.storage.numbers import Pool
from callweave.telephony.carrier import CarrierApi, CarrierError
from callweave.telephony.offers import Offer
from callweave.telephony.twiml import Addresses
from callweave.workflows.buy_numbers import Bought, Gone, Order, Stopped, buy_numbers


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
        raise click.UsageError("say what to buy: NUMBERs, or --count, or --up-to")
    if numbers and any(value for name, value in asked.items() if name != "kind"):
        raise click.UsageError(
            "--country and the like are for --count and --up-to: NUMBERs are as they are"
        )
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
            purchase = of_search(carrier, wanted, more, into, strays, adds=count is not None)
        hosted = fallbacks(carrier, addresses, [into.destination], fallback, dry_run=not yes)
    except CarrierError as error:
        raise click.ClickException(str(error)) from None
    if not yes:
        _show(carrier, purchase, into, has_address=address is not None)
        return
    given = {"bundle_sid": bundle, "address_sid": address}
    papers = {name: sid for name, sid in given.items() if sid}
    order = Order(into.pool_id, settings_of(addresses, hosted[into.destination]), papers)
    _carry_out(carrier, order, purchase, into)


def _show(carrier: CarrierApi, purchase: Purchase, into: Target, *, has_address: bool) -> None:
    for stray in purchase.found:
        say(found_before(stray, into, is_done=False))
    if not purchase.found and not purchase.count:
        say(nothing_to_buy(into))
        return
    if purchase.offers:
        say(f"For pool {into.pool} of {into.site} would be bought:")
        console.print(table(purchase.offers) if purchase.wanted else _listed(purchase.offers))
    if purchase.count:
        say(cost_in_words(carrier, purchase.sorts()))
    for remark in remarks(purchase, has_address=has_address):
        say(remark)
    say(how_to_buy(purchase))


def _listed(named: Sequence[Offer]) -> str:
    return "\n".join(("", *(f"  {offer.e164}" for offer in named), ""))


def _carry_out(carrier: CarrierApi, order: Order, purchase: Purchase, into: Target) -> None:
    """What was bought is told at once, and written down before the next one is."""
    for stray in purchase.found:
        _write_down(stray.number.e164, into)
        say(found_before(stray, into, is_done=True))
    if not purchase.count:
        say(nothing_to_buy(into, len(purchase.found)))
        return
    bought = 0
    try:
        for number in _bought(carrier, order, purchase):
            say(f"{number} bought.")
            _write_down(number, into)
            bought += 1
    except (CarrierError, click.ClickException) as error:
        raise click.ClickException(f"{error}\n{how_to_go_on(purchase, bought)}") from None
    finally:
        say(bought_in_all(purchase, into, bought))
    if bought < purchase.count:
        raise click.ClickException(too_few(purchase, bought))


def _write_down(number: str, into: Target) -> None:
    try:
        with database() as opened, opened.writing() as session:
            put_into(session, session.get_one(Pool, into.pool_id), number)
    except click.ClickException as error:
        why = f"{number} is yours and not in pool {into.pool} yet: {error.message}"
        raise click.ClickException(why) from None


def _bought(carrier: CarrierApi, order: Order, purchase: Purchase) -> Iterator[str]:
    """Raises ClickException where the carrier refuses one."""
    for told in buy_numbers(carrier, order, candidates(carrier, purchase), purchase.count):
        match told:
            case Bought(e164):
                yield e164
            case Gone(e164):
                say(f"{e164} is not for sale.")
            case Stopped():
                raise click.ClickException(why_stopped(told))
