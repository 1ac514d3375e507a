"""What several commands need: the database that the environment names, and failing in words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console

from callweave.domain.ids import Mint
from callweave.intake import Intake
from callweave.settings import InvalidSettings, Settings, database_url
from callweave.storage.database import Database, is_trouble
from callweave.storage.revisions import is_current
from callweave.telephony.twiml import Addresses

console = Console(highlight=False)
mint = Mint(os.urandom)


def now() -> datetime:
    return datetime.now(UTC)


def settings() -> Settings:
    try:
        return Settings.from_env(os.environ)
    except InvalidSettings as error:
        raise click.ClickException(str(error)) from None


def url() -> str:
    try:
        return database_url(os.environ)
    except InvalidSettings as error:
        raise click.ClickException(str(error)) from None


def intake_of(chosen: Settings, found: Database) -> Intake:
    """As the web service takes in what the carrier reports."""
    return Intake(
        found,
        mint,
        Addresses(chosen.public_base_url),
        chosen.twilio_account_sid,
        chosen.default_destination,
    )


@contextmanager
def database() -> Iterator[Database]:
    """Of the newest schema, or a word on what to do."""
    found = Database(url())
    try:
        _expect_newest_schema(found)
        yield found
    except Exception as error:
        if not is_trouble(error):
            raise
        raise click.ClickException(f"the database: {error}") from None
    finally:
        found.close()


def _expect_newest_schema(found: Database) -> None:
    if not is_current(found):
        raise click.ClickException("the database is not up to date: callweave db upgrade")


def one(found: list[Any], what: str, name: str | None) -> Any:
    """The only one there is, or the one of that name."""
    named = [each for each in found if name in (None, each.name, each.id)]
    if len(named) == 1:
        return named[0]
    known = ", ".join(sorted(each.name for each in found)) or "none yet"
    if name is not None:
        raise click.ClickException(f"there is no {what} {name!r}; there are: {known}")
    raise click.ClickException(f"name the {what} with --{what}; there are: {known}")
