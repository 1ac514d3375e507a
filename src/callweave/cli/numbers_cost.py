"""What numbers cost a month, as far as the carrier tells."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

import phonenumbers
from phonenumbers import PhoneNumberType

from callweave.cli.numbers_offered import price_or_none
from callweave.telephony.carrier import CarrierApi
from callweave.telephony.offers import MonthlyPrice, NumberKind
from callweave.web.pages.pool_words import counted

Sort = tuple[str, NumberKind]
"""Country and kind: what the carrier has a price for."""

_KINDS = {
    PhoneNumberType.FIXED_LINE: NumberKind.LOCAL,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: NumberKind.LOCAL,
    PhoneNumberType.MOBILE: NumberKind.MOBILE,
    PhoneNumberType.TOLL_FREE: NumberKind.TOLL_FREE,
    PhoneNumberType.UAN: NumberKind.NATIONAL,
}


def sorts(numbers: Iterable[str]) -> Mapping[Sort | None, int]:
    """How many of each; None for what nobody can tell by the number."""
    return Counter(_sort(number) for number in numbers)


def _sort(e164: str) -> Sort | None:
    number = phonenumbers.parse(e164)
    country = phonenumbers.region_code_for_number(number)
    kind = _KINDS.get(phonenumbers.number_type(number))
    return (country, kind) if country and kind else None


def cost_in_words(carrier: CarrierApi, counts: Mapping[Sort | None, int]) -> str:
    """A month's, as sentences; the sums of currencies stay apart."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    told, every = 0, sum(counts.values())
    for sort, count in counts.items():
        price = price_or_none(carrier, *sort) if sort else None
        if price:
            sums[price.currency] += price.amount * count
            told += count
    numbers, rest = counted(every, "number"), every - told
    if not told:
        return f"{numbers}. The carrier does not tell what {_cost(every, 'it', 'they')} a month."
    cost = " and ".join(str(MonthlyPrice(amount, currency)) for currency, amount in sums.items())
    if not rest:
        return f"{numbers}: {cost} a month."
    others = _cost(rest, "the other one", f"the other {rest}")
    return f"{numbers}: {cost} a month for {told} of them. The carrier does not tell what {others}."


def _cost(count: int, one: str, many: str) -> str:
    return f"{one} costs" if count == 1 else f"{many} cost"
