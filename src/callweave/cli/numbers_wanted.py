"""What is to be bought for a pool: of all that is wished for, what is not there yet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import click
from sqlalchemy import select

from callweave.cli.context import database, one
from callweave.cli.number_settings import say
from callweave.cli.numbers_check import Kind, Stray
from callweave.cli.numbers_cost import Sort, sorts
from callweave.cli.numbers_offered import MOST, offered
from callweave.cli.site_file import read_number
from callweave.domain.reading import Invalid, Node
from callweave.storage.accounts import Site
from callweave.storage.numbers import Number, Pool
from callweave.telephony.carrier import CarrierApi, CarrierNumber
from callweave.telephony.offers import Offer, Wanted, offers
from callweave.workflows.buy_numbers import role_in
from callweave.workflows.set_up_site import obstacles, only_one, room

# Somebody else may be faster.
_SPARE = 10


@dataclass(frozen=True, slots=True)
class Target:
    """The pool that is bought for. ``has``: how many numbers of its own kind. ``room``: for how
    many more, None for any. ``pools``: of every number of ours, the pool's id and name.
    """

    pool_id: str
    pool: str
    site: str
    destination: str
    has: int
    room: int | None
    pools: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Purchase:
    """``found``: what the account has already. ``offers``: what is for sale; with ``wanted``, what
    was when we looked, and ``count`` of such are bought. ``adds``: so many more whenever it is
    said.
    """

    found: Sequence[Stray]
    offers: Sequence[Offer]
    count: int
    wanted: Wanted | None
    adds: bool = False

    def sorts(self) -> Mapping[Sort | None, int]:
        """For the price."""
        if self.wanted is None:
            return sorts(offer.e164 for offer in self.offers)
        return {(self.wanted.country, self.wanted.kind): self.count}


def target(site: str | None, pool: str | None) -> Target:
    with database() as opened, opened.reading() as session:
        owner: Site = one(list(session.scalars(select(Site))), "site", site)
        of_owner = select(Pool).where(Pool.site_id == owner.id)
        into: Pool = one(list(session.scalars(of_owner)), "pool", pool)
        of_ours = select(Number.e164, Number.role, Pool.id, Pool.name).join(
            Pool, Pool.id == Number.pool_id
        )
        rows = session.execute(of_ours.where(Number.role != "retired")).all()
        mine = [each for each in rows if (each.id, each.role) == (into.id, role_in(into))]
        pools = {each.e164: (each.id, each.name) for each in rows}
        destination = owner.default_destination
        more = room(session, into)
        return Target(into.id, into.name, owner.name, destination, len(mine), more, pools)


def of_search(
    carrier: CarrierApi,
    wanted: Wanted,
    more: int,
    into: Target,
    strays: Sequence[Stray],
    *,
    adds: bool,
) -> Purchase:
    """What was bought for the pool before, and not written down, counts. Raises ClickException for
    more than the pool can show, and where there is nothing to be had.
    """
    if into.room is not None and more > into.room:
        raise click.ClickException(f"nothing was bought: {only_one(into.pool)}")
    before = [each for each in strays if each.pool and each.pool.id == into.pool_id]
    found = [each for each in before if each.kind is Kind.OURS][:more]
    count = more - len(found)
    shown = offered(carrier, wanted, min(count, MOST)) if count else []
    if count and not shown and not found:
        raise click.ClickException(
            "nothing was bought: the carrier has no such number for sale just now. Ask for others, "
            "or again later"
        )
    return Purchase(found, shown, count, wanted, adds)


def of_named(
    numbers: Sequence[str],
    into: Target,
    there: Mapping[str, CarrierNumber],
    strays: Sequence[Stray],
) -> Purchase:
    """Raises ClickException for what is somebody else's in the account, or has another use here."""
    wished = [number for number in read_numbers(numbers) if not _is_there(number, into)]
    _refuse_obstacles(wished, into)
    found = [each for each in strays if each.number.e164 in wished]
    for stray in found:
        if stray.kind is Kind.FOREIGN:
            raise click.ClickException(
                f"{stray.number.e164} is yours already, and set to something else. To have it ring "
                "here: callweave numbers import, then callweave numbers configure"
            )
    new = [Offer(number, "", (), "none") for number in wished if number not in there]
    return Purchase(found, new, len(new), None)


def _is_there(number: str, into: Target) -> bool:
    pool, name = into.pools.get(number, (None, ""))
    if pool == into.pool_id:
        say(f"{number} is in pool {into.pool} already.")
    elif pool:
        raise click.ClickException(f"{number} is in pool {name}, and a number is in one at a time")
    return pool is not None


def _refuse_obstacles(numbers: Sequence[str], into: Target) -> None:
    """Before anything is paid for."""
    with database() as opened, opened.reading() as session:
        pool = session.get_one(Pool, into.pool_id)
        problems = obstacles(session, pool, numbers, role_in(pool), again=True)
    if problems:
        raise click.ClickException("\n".join(f"{e164} {why}" for e164, why in problems.items()))


def read_numbers(numbers: Sequence[str]) -> list[str]:
    """E.164, each once, whatever spaces they were typed with. Raises ClickException."""
    document = Node(list(numbers))
    found = [read_number(Node(each, each, problems=document.problems)) for each in numbers]
    try:
        document.settle(Invalid)
    except Invalid as error:
        raise click.ClickException(str(error)) from None
    return list(dict.fromkeys(found))


def candidates(carrier: CarrierApi, purchase: Purchase) -> Iterator[str]:
    """Numbers to be bought one by one; a search goes on as long as it shows new ones. Raises
    CarrierError.
    """
    if purchase.wanted is None:
        yield from (offer.e164 for offer in purchase.offers)
        return
    tried, found = set[str](), [offer.e164 for offer in purchase.offers]
    while found:
        for number in found:
            tried.add(number)
            yield number
        shown = offers(carrier, purchase.wanted, min(purchase.count + _SPARE, MOST))
        found = [offer.e164 for offer in shown if offer.e164 not in tried]
