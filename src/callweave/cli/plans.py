import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import select

from callweave.cli.context import console, database, now, one
from callweave.domain.routing.decide import decide
from callweave.domain.routing.explain import explain as in_words
from callweave.domain.routing.plans import InvalidPlan, default_plan, parse_plan
from callweave.domain.routing.profile import Profile
from callweave.domain.routing.records import decision_to_data
from callweave.domain.visits.channels import Channel
from callweave.storage import people, ringing
from callweave.storage.accounts import Site


@click.group()
def plan() -> None:
    """Routing plans: docs/plans.md."""


@plan.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Say everything that is wrong with the plan in FILE (JSON); exit 1 if anything is."""
    try:
        parse_plan(json.loads(file.read_text("utf-8")))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file} is not JSON: {error}") from None
    except InvalidPlan as error:
        problems = "\n".join(f"  {problem}" for problem in error.problems)
        raise click.ClickException(f"{file} cannot be used:\n{problems}") from None
    console.print("The plan can be used.")


@plan.command()
@click.option("--site", help="Needed when there is more than one.")
@click.option("--interest", "interests", type=(str, float), multiple=True, metavar="TOPIC WEIGHT")
@click.option("--channel", type=click.Choice([each.value for each in Channel]))
@click.option("--source")
@click.option("--campaign")
@click.option("--landing-page")
@click.option("--customer", is_flag=True, help="The caller has bought before.")
@click.option("--earlier-outcome", help="The disposition of the caller's last call.")
@click.option("--country", help="The caller's, such as GB.")
@click.option("--at", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="Now if left out.")
@click.option("--json", "as_json", is_flag=True)
def explain(  # noqa: PLR0913, PLR0917  what is known of a caller
    site: str | None,
    interests: tuple[tuple[str, float], ...],
    channel: str | None,
    source: str | None,
    campaign: str | None,
    landing_page: str | None,
    customer: bool,  # noqa: FBT001  a flag of the command line
    earlier_outcome: str | None,
    country: str | None,
    at: datetime | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """A dry run: who would get this ring now, and why. Nobody is rung."""
    profile = replace(
        Profile.unknown(),
        interests=dict(interests),
        channel=Channel(channel) if channel else None,
        source=source,
        campaign=campaign,
        landing_page=landing_page,
        customer=customer,
        earlier_outcome=earlier_outcome,
        country=country,
    )
    moment = at or now()
    with database() as found, found.reading() as session:
        owner = one(list(session.scalars(select(Site))), "site", site)
        tx = found.within(session)
        published = ringing.plan_in_force(tx, owner.id)
        agents = people.agents_of(tx, owner.account_id, moment)
    rules = published[1] if published else default_plan(owner.default_destination)
    decision = decide(rules, profile, agents, moment)
    if as_json:
        click.echo(json.dumps(decision_to_data(decision), indent=2))
    else:
        click.echo("\n".join(in_words(decision)))
