import re
from dataclasses import dataclass

# ITU-T E.164: a country code that never starts with 0, at most 15 digits in all.
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_COUNTRY = re.compile(r"[A-Z]{2}")

_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")

# Carriers put these words, spelt on a phone's keypad, where a withheld number would stand. They
# look like E.164 and are nobody's number: each has a length that its country does not assign.
_WITHHELD = frozenset(
    "+" + word.translate(_KEYPAD)
    for word in ("ANONYMOUS", "RESTRICTED", "UNAVAILABLE", "UNKNOWN", "BLOCKED")
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who rings: an E.164 number and its ISO 3166 country, each None where nobody can tell."""

    number: str | None
    country: str | None


def is_e164(text: str) -> bool:
    return _E164.fullmatch(text) is not None


def read_caller(from_: str | None, country: str | None) -> Caller:
    """The caller behind the carrier's `From` and `FromCountry`, either of which may be missing,
    empty, or words such as "anonymous"; SIP and browser callers have no number of their own.

    The carrier derives the country from the number, so without a number it means nothing:
    +266696687 (ANONYMOUS) would be a caller from Lesotho.
    """
    number = (from_ or "").strip()
    if not is_e164(number) or number in _WITHHELD:
        return Caller(number=None, country=None)
    code = (country or "").strip().upper()
    return Caller(number=number, country=code if _COUNTRY.fullmatch(code) else None)


def last_two(number: str | None) -> str:
    """A number as logs may show it: enough to tell two calls apart, too little to ring back."""
    digits = [character for character in number or "" if character.isdigit()]
    return "..." + "".join(digits[-2:]) if digits else "withheld"
