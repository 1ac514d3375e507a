"""callweave numbers check: whether our numbers are at the carrier, and ring here."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from callweave.cli.context import database, mint, now, one, settings
from callweave.cli.number_settings import default_destinations, not_settable, say, steps
from callweave.cli.reconcile import carrier_of
from callweave.storage.accounts import Site
from callweave.storage.numbers import Number, Pool
from callweave.telephony.carrier import CarrierApi, CarrierError, CarrierNumber
from callweave.telephony.last_resort import find_last_resort
from callweave.telephony.twiml import Addresses
from callweave.workflows.buy_numbers import pool_of, role_in
from callweave.workflows.set_up_site import add_numbers, obstacles


class Kind(StrEnum):
    RELEASED = "released"
    OURS = "ours"
    FOREIGN = "foreign"


_WORDS: Mapping[Kind, str] = {
    Kind.RELEASED: "was released here and is still at the carrier: `callweave numbers release` it "
    "again",
    Kind.OURS: "rings here, or was bought for here, and is in no pool: --adopt takes it into one",
    Kind.FOREIGN: "is at the carrier, and neither known here nor rings here: left as it is",
}


@dataclass(frozen=True, slots=True)
class Stray:
    """A number of the account that is in no pool. ``pool``: the one that it was bought for."""

    number: CarrierNumber
    kind: Kind
    pool: Pool | None


@click.command()
@click.option("--site", help="Only this site's numbers.")
@click.option("--adopt", is_flag=True, help="Take numbers that ring here into a pool.")
@click.option("--pool", help="For --adopt, of numbers that were not bought for any.")
@click.option("--json", "as_json", is_flag=True)
def check(
    site: str | None,
    adopt: bool,  # noqa: FBT001  a flag of the command line
    pool: str | None,
    as_json: bool,  # noqa: FBT001  a flag of the command line
) -> None:
    """Whether our numbers are at the carrier and point here.

    In all that `configure` sets. Also tells of numbers that the carrier has and we do not know.
    Exits 1 if anything is wrong: made to be run every hour by whatever watches your machines.
    """
    chosen = settings()
    carrier, addresses = carrier_of(chosen), Addresses(chosen.public_base_url)
    ours = default_destinations(site)
    try:
        there = {number.e164: number for number in carrier.numbers()}
        wrong = dict(_wrong(carrier, addresses, ours, there))
    except CarrierError as error:
        raise click.ClickException(str(error)) from None
    strays = find_strays(there, addresses)
    if site is not None:
        strays = [each for each in strays if each.kind is Kind.OURS and adopt]
    taken = [each for each in strays if adopt and each.kind is Kind.OURS]
    into = {each.number.e164: take_in(each, site, pool) for each in taken}
    left = [each for each in strays if each not in taken]
    if as_json:
        click.echo(json.dumps(_data(ours, wrong, left) | {"adopted": into}, indent=2))
    else:
        _tell(ours, wrong, left)
        for number, name in into.items():
            say(f"{number} is in pool {name} now.")
    if wrong or any(each.kind is not Kind.FOREIGN for each in left):
        raise SystemExit(1)


def find_strays(there: Mapping[str, CarrierNumber], addresses: Addresses) -> list[Stray]:
    with database() as opened, opened.reading() as session:
        roles = {row.e164: row.role for row in session.execute(select(Number.e164, Number.role))}
        pools = list(session.scalars(select(Pool)))
        session.expunge_all()
    here = _without_overrides(addresses.of("ring"))
    return [
        Stray(number, _kind(number, roles.get(e164), pools, here), pool_of(number, pools))
        for e164, number in sorted(there.items())
        if roles.get(e164, "retired") == "retired"
    ]


def _kind(number: CarrierNumber, role: str | None, pools: list[Pool], here: str) -> Kind:
    if role is not None:
        return Kind.RELEASED
    rings_here = _without_overrides(number.settings.voice_url) == here
    return Kind.OURS if rings_here or pool_of(number, pools) else Kind.FOREIGN


def _without_overrides(address: str) -> str:
    return address.partition("#")[0]


def _wrong(
    carrier: CarrierApi,
    addresses: Addresses,
    ours: Mapping[str, str],
    there: Mapping[str, CarrierNumber],
) -> Iterator[tuple[str, list[str]]]:
    """By number, what is wrong. Either fallback will do that `configure` sets."""
    own, hosted = addresses.of("fallback"), dict[str, str | None]()

    def fallback(number: CarrierNumber, destination: str) -> str:
        if number.settings.voice_fallback_url in {"", own}:
            return own
        if destination not in hosted:
            hosted[destination] = find_last_resort(carrier, destination)
        is_hosted = number.settings.voice_fallback_url == hosted[destination]
        return number.settings.voice_fallback_url if is_hosted else own

    for number in ours:
        if problems := list(not_settable([number], there)):
            yield number, problems
    for step in steps(ours, there, addresses, fallback):
        if changes := step.changes():
            number = step.number.e164
            yield number, [f"{number}  {name}: {old}, not {new}" for name, old, new in changes]


def take_in(stray: Stray, site: str | None, pool: str | None) -> str:
    """The name of the pool that it is in now: the one that it was bought for, or the one of that
    name. A transaction of its own. Raises ClickException.
    """
    with database() as opened, opened.writing() as session:
        into = stray.pool and session.get(Pool, stray.pool.id)
        if into is None:
            owner = one(list(session.scalars(select(Site))), "site", site)
            of_owner = select(Pool).where(Pool.site_id == owner.id)
            into = one(list(session.scalars(of_owner)), "pool", pool)
        put_into(session, into, stray.number.e164)
        return into.name


def put_into(session: Session, pool: Pool, number: str) -> None:
    """A number that is ours at the carrier. Raises ClickException."""
    role = role_in(pool)
    for why in obstacles(session, pool, [number], role, again=True).values():
        raise click.ClickException(f"{number} {why}")
    add_numbers(session, mint, pool, [number], now(), role, again=True)


def _tell(ours: Mapping[str, str], wrong: Mapping[str, list[str]], strays: list[Stray]) -> None:
    for problems in wrong.values():
        for problem in problems:
            say(problem)
    if wrong:
        say("`callweave numbers configure` mends what a number is set to.")
    for stray in strays:
        say(f"{stray.number.e164} {_WORDS[stray.kind]}.")
    say(f"{len(ours) - len(wrong)} of {len(ours)} numbers are as they should be.")


def _data(
    ours: Mapping[str, str], wrong: Mapping[str, list[str]], strays: list[Stray]
) -> dict[str, object]:
    return {
        "numbers": [{"number": number, "trouble": wrong.get(number, [])} for number in ours],
        "in_no_pool": [
            {
                "number": each.number.e164,
                "kind": each.kind.value,
                "pool": each.pool and each.pool.name,
            }
            for each in strays
        ],
    }
