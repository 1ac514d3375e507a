"""Numbers that the carrier sells. Every one lies in a range that is kept for fiction: Ofcom's for
dramas, and 555-0100 to 555-0199 of North America.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from callweave.simulator.door import RestError, not_found

_ADDRESS, _BUNDLE = "any", "bundle"
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Shelf:
    """``first`` and the ``count - 1`` numbers behind it. ``kind``: as the price list calls it.
    ``needs``: nothing, an address, or papers that the carrier has to have seen.
    """

    country: str
    kind: str
    place: str
    region: str
    first: int
    count: int
    needs: str = "none"

    @property
    def numbers(self) -> Iterator[str]:
        return (f"+{self.first + nth}" for nth in range(self.count))


SHELVES = (
    Shelf("GB", "local", "London", "", 442079460900, 90),
    Shelf("GB", "local", "Manchester", "", 441614960900, 90),
    Shelf("GB", "local", "Leeds", "", 441134960900, 90, _ADDRESS),
    Shelf("GB", "mobile", "", "", 447700900900, 90, _BUNDLE),
    Shelf("GB", "national", "", "", 443069990900, 90),
    Shelf("GB", "toll free", "", "", 448081570900, 90),
    Shelf("US", "local", "Washington", "DC", 12025550101, 90),
    Shelf("US", "local", "San Francisco", "CA", 14155550101, 90),
    Shelf("US", "toll free", "", "", 18005550101, 90),
)
_PRICES = {
    ("GB", "local"): "1.15",
    ("GB", "mobile"): "1.15",
    ("GB", "national"): "1.15",
    ("GB", "toll free"): "2.15",
    ("US", "local"): "1.15",
    ("US", "toll free"): "2.15",
}
COUNTRIES = {"GB": "United Kingdom", "US": "United States"}
KINDS = {"Local": "local", "Mobile": "mobile", "National": "national", "TollFree": "toll free"}


def offered(
    country: str, name: str, asked: Mapping[str, str], taken: Collection[str]
) -> Mapping[str, object]:
    """``name``: of the list, as the address has it."""
    kind = KINDS.get(name)
    if (country, kind) not in _PRICES:
        raise not_found()
    found = (
        _resource(shelf, number)
        for shelf in SHELVES
        if (shelf.country, shelf.kind) == (country, kind) and _fits(shelf, asked)
        for number in shelf.numbers
        if number not in taken and _matches(number, asked)
    )
    size = min(int(asked.get("PageSize", MOST_SHOWN)), MOST_SHOWN)
    return {"available_phone_numbers": list(islice(found, size)), "uri": ""}


def _fits(shelf: Shelf, asked: Mapping[str, str]) -> bool:
    without_address = asked.get("ExcludeAllAddressRequired") == "true"
    return asked.get("InLocality", shelf.place) == shelf.place and not (
        without_address and shelf.needs == _ADDRESS
    )


def _matches(number: str, asked: Mapping[str, str]) -> bool:
    """Of the carrier's signs for patterns, the beginning and the end."""
    pattern, area = asked.get("Contains", ""), asked.get("AreaCode", "")
    if pattern.startswith("+"):
        pattern = pattern[1:]
        fits = number[1:].startswith(pattern)
    elif pattern.endswith("$"):
        fits = number.endswith(pattern[:-1])
    else:
        fits = pattern in number
    return fits and number[2:].startswith(area)


def _resource(shelf: Shelf, number: str) -> Mapping[str, object]:
    return {
        "friendly_name": number,
        "phone_number": number,
        "lata": None,
        "locality": shelf.place or None,
        "rate_center": None,
        "latitude": None,
        "longitude": None,
        "region": shelf.region or None,
        "postal_code": None,
        "iso_country": shelf.country,
        "address_requirements": _ADDRESS if shelf.needs == _ADDRESS else "none",
        "beta": False,
        "capabilities": {"voice": True, "SMS": shelf.kind == "mobile", "MMS": False, "fax": False},
    }


def refuse_sale(number: str, papers: Mapping[str, str]) -> None:
    """Raises RestError for what is not for sale, or not without more papers."""
    shelf = next((shelf for shelf in SHELVES if number in set(shelf.numbers)), None)
    if shelf is None:
        raise RestError(400, 21422, f"{number} is not available")
    if shelf.needs == _ADDRESS and not papers.get("AddressSid"):
        raise RestError(400, 21631, "Phone Number Requires an Address")
    if shelf.needs == _BUNDLE and not papers.get("BundleSid"):
        raise RestError(400, 21649, "Bundle required and not provided")


def prices(country: str) -> Mapping[str, object]:
    if country not in COUNTRIES:
        raise not_found()
    return {
        "country": COUNTRIES[country],
        "iso_country": country,
        "phone_number_prices": [
            {"number_type": kind, "base_price": price, "current_price": price}
            for (where, kind), price in _PRICES.items()
            if where == country
        ],
        "price_unit": "USD",
        "url": f"https://pricing.twilio.com/v1/PhoneNumbers/Countries/{country}",
    }
