import os

import click
from sqlalchemy import select

from callweave.cli.context import console, database, mint, now, one
from callweave.storage.accounts import Account
from callweave.workflows.make_key import KeyNameError, make_key


@click.group()
def keys() -> None:
    """Keys for the REST API."""


@keys.command()
@click.argument("name")
@click.option("--account", help="Needed when there is more than one.")
def create(name: str, account: str | None) -> None:
    """Make a key and show it, once. NAME says who uses it, and stands by what it records."""
    with database() as found, found.writing() as session:
        owner = one(list(session.scalars(select(Account))), "account", account)
        try:
            made = make_key(session, mint, os.urandom, owner.id, name, now())
        except KeyNameError as error:
            raise click.ClickException(str(error)) from None
    console.print(made.secret)
    console.print("Keep it now: it is stored as a hash and cannot be shown again.", style="dim")
