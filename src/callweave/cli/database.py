import click

from callweave.cli.context import console, url
from callweave.storage import schema
from callweave.storage.database import Database, is_trouble


@click.group()
def db() -> None:
    """The database's schema."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest schema. Safe to repeat."""
    try:
        schema.upgrade(url())
    except Exception as error:
        if not is_trouble(error):
            raise
        raise click.ClickException(f"the database: {error}") from None
    console.print(f"The database is at revision {schema.newest_revision()}.")


@db.command()
def check() -> None:
    """Say whether the database is reachable and up to date; exit 1 if it is not."""
    database = Database(url())
    try:
        current = schema.is_current(database)
    except Exception as error:
        if not is_trouble(error):
            raise
        raise click.ClickException(f"the database: {error}") from None
    finally:
        database.close()
    if not current:
        raise click.ClickException("the database is not up to date: callweave db upgrade")
    console.print(f"The database is at revision {schema.newest_revision()}, as it should be.")
