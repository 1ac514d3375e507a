import click
from sqlalchemy import select

from callweave.cli.context import console, database, one
from callweave.storage.accounts import Account
from callweave.storage.plans import Agent


@click.group()
def agents() -> None:
    """Who answers calls. `callweave sites apply` adds and changes them."""


@agents.command(name="list")
@click.option("--account", help="Needed when there is more than one.")
def list_(account: str | None) -> None:
    """Everyone's endpoint, skills, and whether they take calls."""
    with database() as found, found.reading() as session:
        owner = one(list(session.scalars(select(Account))), "account", account)
        of_owner = select(Agent).where(Agent.account_id == owner.id).order_by(Agent.name)
        for agent in session.scalars(of_owner):
            skills = ", ".join(f"{skill} {level}" for skill, level in sorted(agent.skills.items()))
            taking = "takes calls" if agent.available else "away"
            console.print(
                f"{agent.name}  {agent.endpoint}  {taking}  {skills}", soft_wrap=True, markup=False
            )


@agents.command()
@click.argument("name")
@click.option("--account", help="Needed when there is more than one.")
def away(name: str, account: str | None) -> None:
    """Send no more calls to the agent NAME, until they are back."""
    _set(name, account, available=False)


@agents.command()
@click.argument("name")
@click.option("--account", help="Needed when there is more than one.")
def back(name: str, account: str | None) -> None:
    """Send calls to the agent NAME again."""
    _set(name, account, available=True)


def _set(name: str, account: str | None, *, available: bool) -> None:
    with database() as found, found.writing() as session:
        owner = one(list(session.scalars(select(Account))), "account", account)
        everyone = list(session.scalars(select(Agent).where(Agent.account_id == owner.id)))
        agent = one(everyone, "agent", name)
        agent.available = available
    console.print(f"{agent.name} {'takes calls' if available else 'is away'}.", markup=False)
