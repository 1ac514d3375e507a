import tomllib
from pathlib import Path

import click
from sqlalchemy import select

from callweave.cli.context import console, database, mint, now
from callweave.cli.site_file import InvalidSite, read_site
from callweave.storage.accounts import Site
from callweave.workflows.set_up_site import (
    CircleError,
    NumberTakenError,
    ReserveError,
    SiteSetUp,
    set_up_site,
)


@click.group()
def sites() -> None:
    """Sites with their pools, numbers, agents and plan."""


@sites.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def apply(file: Path) -> None:
    """Make or change a site to be as FILE (TOML) says. Safe to repeat; takes nothing away.

    docs/operations.md has an example.
    """
    wanted = read_site_file(file)
    with database() as found, found.writing() as session:
        try:
            site = set_up_site(session, mint, wanted, f"file {file.name}", now())
        except (NumberTakenError, ReserveError, CircleError) as error:
            raise click.ClickException(str(error)) from None
        console.print(f"{site.name} is set up. Its key for the snippet: {site.id}")


def read_site_file(file: Path) -> SiteSetUp:
    try:
        return read_site(tomllib.loads(file.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file} is not TOML: {error}") from None
    except InvalidSite as error:
        problems = "\n".join(f"  {problem}" for problem in error.problems)
        raise click.ClickException(f"{file} cannot be used:\n{problems}") from None


@sites.command(name="list")
def list_() -> None:
    """The sites and their keys for the snippet."""
    with database() as found, found.reading() as session:
        for site in session.scalars(select(Site).order_by(Site.name)):
            console.print(f"{site.id}  {site.name}")
