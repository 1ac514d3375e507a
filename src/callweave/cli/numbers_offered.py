"""callweave numbers search: what the carrier has for sale."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click
import phonenumbers
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from callweave.cli.context import console, settings
from callweave.cli.number_settings import say
from callweave.cli.reconcile import carrier_of
from callweave.domain.phone import is_e164
from callweave.telephony.carrier import CarrierApi, CarrierError, NotKnownError
from callweave.telephony.offers import (
    MonthlyPrice,
    NumberKind,
    Offer,
    Wanted,
    monthly_price,
    offers,
)

MOST = 1000
F = TypeVar("F", bound=Callable[..., Any])

_FILTERS = (
    click.option("--country", help="ISO 3166, such as GB."),
    click.option(
        "--type",
        "kind",
        type=click.Choice([kind.value for kind in NumberKind]),
        default="local",
        show_default=True,
    ),
    click.option("--area", default="", help="Area code, as it is dialled there: 020, or 415."),
    click.option("--contains", default="", help="Digits or letters; * % + $ as at Twilio."),
    click.option("--near", default="", help="A number close by; United States and Canada only."),
    click.option("--town", default="", help="As the carrier spells it."),
    click.option("--without-address", is_flag=True, help="None that need an address of yours."),
)


def filters(command: F) -> F:
    for option in reversed(_FILTERS):
        command = option(command)
    return command


def wanted_from(asked: dict[str, Any]) -> Wanted:
    """Of the options above. Raises BadParameter."""
    country = (asked["country"] or "").upper()
    if country not in phonenumbers.SUPPORTED_REGIONS:
        raise _wrong("a country such as GB or US", "--country")
    if asked["area"] and not (asked["area"].isascii() and asked["area"].isdigit()):
        raise _wrong("digits only, such as 020", "--area")
    in_north_america = phonenumbers.country_code_for_region(country) == 1
    if asked["area"] and asked["contains"] and not in_north_america:
        raise _wrong("there, either --area or --contains: the carrier takes one", "--contains")
    if asked["near"] and not is_e164(asked["near"]):
        raise _wrong("a number such as +14155550100", "--near")
    if asked["near"] and not in_north_america:
        raise _wrong("the carrier knows this for the United States and Canada only", "--near")
    return Wanted(**{**asked, "country": country, "kind": NumberKind(asked["kind"])})


def price_or_none(carrier: CarrierApi, country: str, kind: NumberKind) -> MonthlyPrice | None:
    """A price list that cannot be had keeps nobody from buying, who is told so."""
    try:
        return monthly_price(carrier, country, kind)
    except CarrierError as error:
        say(f"The price list cannot be had: {error}")
        return None


def offered(carrier: CarrierApi, wanted: Wanted, most: int) -> list[Offer]:
    """Raises ClickException."""
    try:
        return list(offers(carrier, wanted, most))
    except NotKnownError:
        sold = f"{wanted.kind.value} numbers of {wanted.country}"
        raise click.ClickException(f"the carrier does not sell {sold}") from None
    except CarrierError as error:
        raise click.ClickException(str(error)) from None


@click.command()
@filters
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, MOST))
@click.option("--json", "as_json", is_flag=True)
def search(limit: int, as_json: bool, **asked: Any) -> None:  # noqa: FBT001  click hands it over by name
    """Numbers that the carrier has for sale.

    With what they can, what they need, and what one costs a month.

    callweave numbers search --country GB --area 020
    """
    wanted = wanted_from(asked)
    carrier = carrier_of(settings())
    found = offered(carrier, wanted, limit)
    price = price_or_none(carrier, wanted.country, wanted.kind) if found else None
    (_as_json if as_json else _tell)(found, price)


def _tell(found: list[Offer], price: MonthlyPrice | None) -> None:
    if not found:
        raise click.ClickException("the carrier has no such number just now")
    console.print(table(found))
    each = f"{price} a month each" if price else "The carrier does not tell their price"
    say(f"{each}. Some countries want papers of yours first: a purchase says so.")
    say(f"To buy one: callweave numbers buy {found[0].e164}")


def _as_json(found: list[Offer], price: MonthlyPrice | None) -> None:
    numbers = [
        {"number": o.e164, "place": o.place, "can": o.can, "address": o.address} for o in found
    ]
    # The amount as a text: it may be finer than a coin, and must not become a float.
    month = {"amount": str(price.amount), "currency": price.currency} if price else None
    click.echo(json.dumps({"a_month": month, "numbers": numbers}, indent=2))


def table(found: Sequence[Offer]) -> Table:
    shown = Table(box=SIMPLE_HEAD)
    for heading in ("Number", "Place", "Can", "Needs"):
        shown.add_column(heading, overflow="fold", no_wrap=heading == "Number")
    for offer in found:
        needs = "" if offer.address == "none" else f"an address ({offer.address})"
        shown.add_row(offer.e164, escape(offer.place), ", ".join(offer.can), escape(needs))
    return shown


def _wrong(what: str, where: str) -> click.BadParameter:
    return click.BadParameter(what, param_hint=where)
