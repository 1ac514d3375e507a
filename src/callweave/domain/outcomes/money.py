import re

MAX_AMOUNT = 10**12
"""The most minor units that one outcome may be worth; more is a slip of the keyboard."""

_CODES_BY_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
        CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
        GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK
        LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO
        NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS
        SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST
        XAD XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

DECIMALS = {code: n for n, codes in _CODES_BY_DECIMALS.items() for code in codes.split()}
"""ISO 4217's current codes and the decimals of each. Codes that have no minor unit (metals, XDR,
XTS, XXX) are left out: an amount in them has no whole-number form.
"""

# CLDR's English symbols: no two currencies share one. All other currencies are shown by code.
_SYMBOLS = {
    "AUD": "A$",
    "BRL": "R$",
    "CAD": "CA$",
    "CNY": "CN¥",
    "EUR": "€",
    "GBP": "£",
    "HKD": "HK$",
    "ILS": "₪",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "MXN": "MX$",
    "NZD": "NZ$",
    "PHP": "₱",
    "TWD": "NT$",
    "USD": "$",
    "VND": "₫",
}

_LONGEST_TEXT = 40
_AMOUNT = re.compile(
    r"(?P<whole>[0-9]+|[0-9]{1,3}(?:(?P<gap>[,'\u2019 \u00a0\u2009\u202f])[0-9]{3})"
    r"(?:(?P=gap)[0-9]{3})*)(?:\.(?P<part>[0-9]+))?"
)


class MoneyError(ValueError):
    """Text that is not an amount; the message is for the person who typed it."""


def format_money(minor: int, currency: str) -> str:
    """`149900, "GBP"` as £1,499.00. A code that has left ISO 4217 since it was recorded gets two
    decimals: a report of old calls must not fail on it.
    """
    decimals = DECIMALS.get(currency, 2)
    whole, part = divmod(abs(minor), 10**decimals)
    amount = f"{whole:,}.{part:0{decimals}}" if decimals else f"{whole:,}"
    sign = "-" if minor < 0 else ""
    if symbol := _SYMBOLS.get(currency):
        return f"{sign}{symbol}{amount}"
    return f"{sign}{amount} {currency}"


def parse_money(text: str, currency: str) -> int:
    """Minor units of an amount as typed: "1,499", "1499.00", "£1 499.5", "1,499.00 GBP".

    Thousands stand apart by comma, space or apostrophe, in threes; the decimals follow a point.
    A decimal comma is refused: who reads 1,499 as one and a half has recorded a thousand times
    too much. Raises MoneyError.
    """
    if currency not in DECIMALS:
        raise MoneyError(f"{currency} is not a currency code of ISO 4217.")
    typed = text.strip()
    found = _AMOUNT.fullmatch(_without_currency(typed, currency)) if _is_short(typed) else None
    if found is None:
        raise MoneyError(_refusal(typed, currency))
    decimals, part = DECIMALS[currency], found["part"] or ""
    if len(part) > decimals:
        raise MoneyError(f"{currency} has {decimals or 'no'} decimals: write {_example(currency)}.")
    minor = int(re.sub(r"[^0-9]", "", found["whole"]) + part.ljust(decimals, "0"))
    if minor > MAX_AMOUNT:
        raise MoneyError(f"At most {format_money(MAX_AMOUNT, currency)} can be recorded.")
    return minor


def _without_currency(typed: str, currency: str) -> str:
    symbol = _SYMBOLS.get(currency, "")
    # at home a Canadian dollar is just "$"
    for mark in (currency, currency.lower(), symbol, symbol[-1:]):
        if mark and typed.startswith(mark):
            return typed.removeprefix(mark).lstrip()
        if mark and typed.endswith(mark):
            return typed.removesuffix(mark).rstrip()
    return typed


def _is_short(typed: str) -> bool:
    return len(typed) <= _LONGEST_TEXT


def _refusal(typed: str, currency: str) -> str:
    if not typed:
        return f"An amount is missing: write it like {_example(currency)}."
    if typed.startswith(("-", "\N{MINUS SIGN}")):
        return "An amount cannot be below zero."
    shown = typed if _is_short(typed) else f"{typed[:_LONGEST_TEXT]}..."
    return f"“{shown}” is not an amount in {currency}: write it like {_example(currency)}."


def _example(currency: str) -> str:
    return format_money(1499 * 10 ** DECIMALS[currency], currency)
