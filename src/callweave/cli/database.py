from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from callweave.cli.context import console, url
from callweave.storage import revisions, schema
from callweave.storage.database import Database, is_trouble


@click.group()
def db() -> None:
    """The database's schema."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest schema. Safe to repeat."""
    with _in_words():
        schema.upgrade(url())
    _, revision = _looked_up()
    console.print(f"The database is at revision {revision}{_beyond(revision)}.")


@db.command()
def check() -> None:
    """Say whether the database is reachable and up to date; exit 1 if it is not."""
    current, revision = _looked_up()
    if not current:
        raise click.ClickException("the database is not up to date: callweave db upgrade")
    as_it_should = _beyond(revision) or ", as it should be"
    console.print(f"The database is at revision {revision}{as_it_should}.")


def _beyond(revision: str | None) -> str:
    """A version that is put back runs on the tables of the one that it replaces."""
    known = revisions.newest_revision()
    if revision == known:
        return ""
    return (
        f", of a newer version than this one, which knows {known}. It was left as it is: "
        "this version works with it"
    )


def _looked_up() -> tuple[bool, str | None]:
    with _in_words(), closing(Database(url())) as database:
        return revisions.is_current(database), revisions.revision(database)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if not is_trouble(error):
            raise
        raise click.ClickException(f"the database: {error}") from None
