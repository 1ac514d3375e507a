import json
import os
from datetime import datetime

import click
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from callweave.cli.context import database, mint, now, one
from callweave.domain.facts import FactType, unusable
from callweave.integrations.catalogue import KINDS
from callweave.storage import outbox
from callweave.storage.accounts import Account
from callweave.storage.outbox import Destination
from callweave.storage.reports.destinations import (
    DestinationLine,
    UntoldLine,
    destination_lines,
    untold,
)

ACCOUNT = click.option("--account", help="Needed when there is more than one.")
WHICH = click.argument("which", metavar="DESTINATION")
AS_JSON = click.option("--json", "as_json", is_flag=True)


@click.group()
def destinations() -> None:
    """Places that are told what happens: docs/webhooks.md. DESTINATION is an id or an address."""


@destinations.command()
@click.argument("url")
@click.option(
    "--facts",
    type=click.Choice([each.value for each in FactType]),
    multiple=True,
    help="Repeat it for several; everything when left out.",
)
@click.option("--kind", type=click.Choice(list(KINDS)), default="webhook", show_default=True)
@click.option(
    "--allow-private",
    is_flag=True,
    help="For your own network: also http, other ports, and addresses that are not public.",
)
@ACCOUNT
def add(
    url: str,
    facts: tuple[str, ...],
    kind: str,
    allow_private: bool,  # noqa: FBT001  a flag of the command line
    account: str | None,
) -> None:
    """Tell URL from now on, and show the secret that proves who is speaking."""
    wanted = [FactType(name) for name in dict.fromkeys(facts)] or list(FactType)
    problem = unusable(wanted) or KINDS[kind].problem(url, allow_private=allow_private)
    if problem:
        raise click.ClickException(problem)
    secret = KINDS[kind].make_secret(os.urandom)
    with database() as found, found.writing() as session:
        owner = one(list(session.scalars(select(Account))), "account", account)
        made = Destination(
            id=mint.new("de", now()),
            account_id=owner.id,
            kind=kind,
            address=url,
            facts=[fact.value for fact in wanted],
            secret=secret,
            allow_private=allow_private,
            created_at=now(),
        )
        session.add(made)
    click.echo(f"{made.id} is told of {', '.join(made.facts)}. Its secret, shown only now:")
    click.echo(secret)


@destinations.command(name="list")
@ACCOUNT
@AS_JSON
def list_(account: str | None, as_json: bool) -> None:  # noqa: FBT001
    """Show where facts go, and how many were delivered, are owed, or could not be delivered."""
    with database() as found, found.reading() as session:
        owner = one(list(session.scalars(select(Account))), "account", account)
        lines = destination_lines(session, owner.id)
    if as_json:
        click.echo(json.dumps([_as_data(line) for line in lines], indent=2))
        return
    if not lines:
        click.echo("Nobody is told anything yet: callweave destinations add URL")
    for line in lines:
        to = line.destination
        click.echo(f"{to.id}  {to.address}  {_state(to)}")
        click.echo(f"  told of: {', '.join(to.facts)}")
        click.echo(f"  {line.delivered} delivered, {line.owed} owed, {line.dead} dead")


@destinations.command()
@WHICH
@AS_JSON
def failures(which: str, as_json: bool) -> None:  # noqa: FBT001
    """Show what DESTINATION could not be told so far, and why."""
    with database() as found, found.reading() as session:
        lines = untold(session, _find(session, which).id)
    if as_json:
        click.echo(json.dumps([_failure_as_data(line) for line in lines], indent=2))
        return
    if not lines:
        click.echo("Nothing has failed.")
    for line in lines:
        again = f"again at {_time(line.due_at)}" if line.due_at else "a dead letter"
        click.echo(f"{line.fact_id}  {line.type}  {_time(line.created_at)}")
        click.echo(f"  {line.reason}; tries: {line.tries}; {again}")


@destinations.command()
@WHICH
def retire(which: str) -> None:
    """Tell DESTINATION nothing more. What it is still owed becomes dead letters."""
    with database() as found, found.writing() as session:
        destination = _find(session, which)
        destination.retired_at = destination.retired_at or now()
    click.echo(f"{destination.id} is retired.")


@destinations.command()
@WHICH
def redeliver(which: str) -> None:
    """Begin anew with all that DESTINATION could not be told.

    One that said it was gone takes part again.
    """
    with database() as found, found.writing() as session:
        destination = _find(session, which)
        if destination.retired_at:
            raise click.ClickException(f"{destination.id} is retired: add its address anew")
        letters = outbox.redeliver(session, destination, now())
    click.echo(f"{letters} to deliver again.")


def _find(session: Session, which: str) -> Destination:
    """By its id, or by an address that only one has that is not retired."""
    named = or_(Destination.id == which, Destination.address == which)
    found = list(session.scalars(select(Destination).where(named).order_by(Destination.id)))
    open_ = [each for each in found if each.retired_at is None]
    if len(found) == 1 or len(open_) == 1:
        return (open_ or found)[0]
    if found:
        known = ", ".join(each.id for each in found)
        raise click.ClickException(f"there are several: name one by its id: {known}")
    raise click.ClickException(f"there is no destination {which}: callweave destinations list")


def _state(destination: Destination) -> str:
    if destination.retired_at:
        return "retired"
    return "gone (410)" if destination.gone_at else "open"


def _as_data(line: DestinationLine) -> dict[str, object]:
    to = line.destination
    return {
        "id": to.id,
        "kind": to.kind,
        "address": to.address,
        "facts": to.facts,
        "allow_private": to.allow_private,
        "created_at": _time(to.created_at),
        "retired_at": _time(to.retired_at),
        "gone_at": _time(to.gone_at),
        "delivered": line.delivered,
        "owed": line.owed,
        "dead": line.dead,
    }


def _failure_as_data(line: UntoldLine) -> dict[str, object]:
    return {
        "fact_id": line.fact_id,
        "type": line.type,
        "created_at": _time(line.created_at),
        "tries": line.tries,
        "next_try_at": _time(line.due_at),
        "reason": line.reason,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else None
