"""What `callweave numbers buy` says of a purchase: before it, and when it is over."""

from collections.abc import Iterator

from callweave.cli.numbers_check import Kind, Stray
from callweave.cli.numbers_wanted import Purchase, Target
from callweave.telephony.carrier import CarrierError
from callweave.web.pages.pool_words import counted
from callweave.workflows.buy_numbers import Stopped

_AN_ADDRESS = "give --address AD..., as the carrier's console has it under Addresses"
# The carrier's codes, and what a buyer does about them.
_HELP = {
    21613: f"it needs an address of yours: {_AN_ADDRESS}",
    21615: f"it needs an address of yours in its own area: {_AN_ADDRESS}",
    21631: f"it needs an address of yours: {_AN_ADDRESS}",
    21649: "its country wants to know who has it: give --bundle BU... of papers that the carrier "
    "has approved. They are handed in in its console under Regulatory Compliance, and that takes "
    "days",
}


def found_before(stray: Stray, into: Target, *, is_done: bool) -> str:
    released = stray.kind is Kind.RELEASED
    known = "was released here and is still yours" if released else "is yours already"
    back = " back" if released else ""
    done = (
        f"it is{back} in pool {into.pool} now"
        if is_done
        else (f"it would be taken{back} into pool {into.pool}")
    )
    return f"{stray.number.e164} {known}: {done}. It costs nothing more."


def nothing_to_buy(into: Target, found: int = 0) -> str:
    has = counted(into.has + found, "number")
    return f"Nothing is to be bought: pool {into.pool} of {into.site} has {has}."


def remarks(purchase: Purchase, *, has_address: bool) -> Iterator[str]:
    """On a purchase that is only looked at: what may come otherwise when it is made."""
    shown, needing = len(purchase.offers), sum(o.address != "none" for o in purchase.offers)
    if purchase.wanted is None and shown:
        yield (
            "Whether a number that is named is still for sale, and what it needs, shows only when "
            "it is bought."
        )
    if shown < purchase.count:
        yield (
            f"The carrier shows {shown:,} of {purchase.count:,} just now: --yes buys as many as it "
            "finds."
        )
    if needing and not has_address:
        yield f"{needing:,} of {shown:,} cannot be had without an address of yours: {_AN_ADDRESS}."


def how_to_buy(purchase: Purchase) -> str:
    if not purchase.count:
        return "Nothing was changed yet: the same with --yes does it."
    again = "Nothing was bought yet: the same with --yes buys."
    if purchase.wanted is None:
        return again
    return f"{again} It searches anew and may find others: name numbers to get just these."


def bought_in_all(purchase: Purchase, into: Target, bought: int) -> str:
    return f"Bought and put into pool {into.pool} of {into.site}: {bought} of {purchase.count}."


def why_stopped(told: Stopped) -> str:
    if not told.is_sure:
        unsure = f"whether {told.e164} was bought is not known: {told.error}"
        return f"{unsure}\nIf it was, it is found when you go on, and not bought again."
    return f"{told.e164} was not bought: {_reason(told.error)}"


def _reason(error: CarrierError) -> str:
    advice = _HELP.get(error.code or 0)
    return f"{advice} ({error})" if advice else str(error)


def how_to_go_on(purchase: Purchase, bought: int) -> str:
    """After it has stopped. What was bought and not written down is found by the next one."""
    if purchase.adds:
        return f"Nothing more was tried. To go on: the same with --count {purchase.count - bought}."
    return "Nothing more was tried. To go on: the same again, which buys nothing twice."


def too_few(purchase: Purchase, bought: int) -> str:
    missing = purchase.count - bought
    if purchase.wanted is None:
        return f"{counted(missing, 'number')} that you named cannot be had any more"
    later = f", with --count {missing}" if purchase.adds else ""
    return f"the carrier has no more such numbers just now. Ask for others, or again later{later}"
