import json

import click

from callweave.cli.context import database, intake_of, now, settings
from callweave.intake import Intake, Webhook
from callweave.storage import set_aside
from callweave.storage.database import Database
from callweave.storage.set_aside import SetAside
from callweave.telephony.callbacks import UnreadableError


@click.group()
def inbox() -> None:
    """Webhooks of the carrier that were signed and made no sense: kept, and taken in again.

    The caller was answered all the same. Once a newer version understands them: callweave inbox
    replay --all.
    """


@inbox.command(name="list")
@click.option("--all", "every", is_flag=True, help="Also those that were taken in since.")
@click.option("--json", "as_json", is_flag=True, help="With every field, numbers of callers too.")
def list_(every: bool, as_json: bool) -> None:  # noqa: FBT001  flags of the command line
    """Show what was set aside, and why."""
    with database() as found, found.reading() as session:
        rows = set_aside.everything(session) if every else set_aside.waiting(session)
    if as_json:
        click.echo(json.dumps([_as_data(row) for row in rows], indent=2))
        return
    if not rows:
        click.echo("Nothing is set aside.")
    for row in rows:
        settled = "  taken in since" if row.settled_at else ""
        click.echo(f"{row.id}  {row.received_at:%Y-%m-%d %H:%M:%S}Z  {_name(row)}{settled}")
        click.echo(f"  {row.reason}")


@inbox.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=int)
@click.option("--all", "every", is_flag=True, help="Whatever waits.")
def replay(ids: tuple[int, ...], every: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Take in again what was set aside, the oldest first. Safe to repeat.

    What the carrier was answered then counts: nobody is rung by this.
    """
    if every == bool(ids):
        raise click.UsageError("name the ids that `callweave inbox list` shows, or say --all")
    chosen = settings()
    with database() as found:
        intake = intake_of(chosen, found)
        with found.reading() as session:
            rows = set_aside.waiting(session, None if every else ids)
        missing = sorted(set(ids) - {row.id for row in rows})
        if missing:
            raise click.ClickException(f"nothing waits under {', '.join(map(str, missing))}")
        taken = sum(_take(found, intake, row) for row in rows)
    click.echo(f"{taken} taken in, {len(rows) - taken} still not understood.")


def _take(found: Database, intake: Intake, row: SetAside) -> bool:
    fields = tuple((name, value) for name, value in row.fields)
    hook = Webhook(row.kind, row.leg, fields, row.received_at)
    try:
        intake.read(hook)
    except UnreadableError as why:
        click.echo(f"{row.id}: {why}", err=True)
        return False
    intake.take(hook, row.given)
    with found.writing() as session:
        set_aside.settle(session, row.id, now())
    return True


def _name(row: SetAside) -> str:
    """With the call, where it says."""
    leg = f" of leg {row.leg}" if row.leg else ""
    sid = dict(row.fields).get("CallSid", "")
    return f"{row.kind}{leg}  {sid}".rstrip()


def _as_data(row: SetAside) -> dict[str, object]:
    return {
        "id": row.id,
        "kind": row.kind,
        "leg": row.leg,
        "received_at": row.received_at.isoformat(),
        "reason": row.reason,
        "fields": row.fields,
        "answered": row.given,
        "taken_in_at": row.settled_at.isoformat() if row.settled_at else None,
    }
