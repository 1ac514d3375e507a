"""Numbers that the carrier has for sale, and what one costs a month."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

import phonenumbers

from callweave.domain.phone import is_e164
from callweave.telephony.carrier import CarrierApi, NotKnownError
from callweave.telephony.records import Record

# Where the carrier knows area codes; elsewhere they are the beginning of a number.
_NORTH_AMERICA = 1


class NumberKind(StrEnum):
    LOCAL = "local"
    NATIONAL = "national"
    MOBILE = "mobile"
    TOLL_FREE = "tollfree"


# The carrier's list of each, and what its price list calls it.
_LISTS: Mapping[NumberKind, tuple[str, str]] = {
    NumberKind.LOCAL: ("Local", "local"),
    NumberKind.NATIONAL: ("National", "national"),
    NumberKind.MOBILE: ("Mobile", "mobile"),
    NumberKind.TOLL_FREE: ("TollFree", "toll free"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """``country``: ISO 3166. Texts narrow the search where they are not empty: ``area``, an area
    code as people of the country dial it; ``contains``, digits, letters and the carrier's signs
    ``* % + $``; ``near``, a number close by; ``town``.
    """

    country: str
    kind: NumberKind
    area: str = ""
    contains: str = ""
    near: str = ""
    town: str = ""
    without_address: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """``place``: town and region, as far as the carrier tells. ``address``: "none", or which
    address of the buyer's the number needs: "any", "local", "foreign".
    """

    e164: str
    place: str
    can: tuple[str, ...]
    address: str


@dataclass(frozen=True, slots=True)
class MonthlyPrice:
    """As the carrier writes it, which may be finer than any coin."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:,} {self.currency}"


def offers(carrier: CarrierApi, wanted: Wanted, most: int) -> Iterator[Offer]:
    """Numbers that can be talked on. The carrier shows a few of those it has, not always the same.

    Raises CarrierError; NotKnownError where it sells no such numbers.
    """
    name = f"AvailablePhoneNumbers/{wanted.country}/{_LISTS[wanted.kind][0]}"
    found = 0
    for page in carrier.pages(name, "available_phone_numbers", _filters(wanted, most)):
        for record in page:
            offer = read_offer(record)
            if offer and found < most:
                found += 1
                yield offer
        if found >= most:
            return


def _filters(wanted: Wanted, most: int) -> Mapping[str, str]:
    calling_code = phonenumbers.country_code_for_region(wanted.country)
    filters = {
        "Contains": wanted.contains,
        "NearNumber": wanted.near,
        "InLocality": wanted.town,
        "ExcludeAllAddressRequired": "true" if wanted.without_address else "",
    }
    if wanted.area and calling_code == _NORTH_AMERICA:
        filters["AreaCode"] = wanted.area
    elif wanted.area:
        trunk = phonenumbers.ndd_prefix_for_region(wanted.country, strip_non_digits=True) or ""
        filters["Contains"] = f"+{calling_code}{wanted.area.removeprefix(trunk)}"
    asked = {"PageSize": str(most), "VoiceEnabled": "true", **filters}
    return {name: value for name, value in asked.items() if value}


def read_offer(record: Record) -> Offer | None:
    """None for one that makes no sense. The carrier writes some capabilities in capitals."""
    e164, can = record.get("phone_number"), record.get("capabilities")
    if not isinstance(e164, str) or not is_e164(e164):
        return None
    able = can if isinstance(can, dict) else {}
    places = (record.get("locality"), record.get("region"))
    needs = record.get("address_requirements")
    return Offer(
        e164,
        ", ".join(place for place in places if isinstance(place, str) and place),
        tuple(sorted(str(name).lower() for name, has in able.items() if has is True)),
        needs if isinstance(needs, str) else "none",
    )


def monthly_price(carrier: CarrierApi, country: str, kind: NumberKind) -> MonthlyPrice | None:
    """What this account pays; None where the carrier does not tell. Raises CarrierError."""
    address = f"https://pricing.twilio.com/v1/PhoneNumbers/Countries/{country}"
    try:
        with carrier.asking() as client:
            told = json.loads(client.request("GET", address).text)
            return price_in(told, kind)
    except NotKnownError:
        return None


def price_in(told: Record, kind: NumberKind) -> MonthlyPrice | None:
    """In the price list of a country; None where it does not stand there, or makes no sense."""
    currency, lines = told.get("price_unit"), told.get("phone_number_prices")
    for line in lines if isinstance(lines, list) else []:
        if line["number_type"] == _LISTS[kind][1] and isinstance(currency, str):
            try:
                return MonthlyPrice(Decimal(str(line["current_price"])), currency.upper())
            except InvalidOperation:
                return None
    return None
