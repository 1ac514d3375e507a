import click
from sqlalchemy import select

from callweave.cli.context import console, database, mint, now, one
from callweave.storage.accounts import Account, User
from callweave.web.auth import Role, hash_password


@click.group()
def users() -> None:
    """People who log in to the pages."""


@users.command()
@click.argument("email")
@click.option("--name", required=True, help="As others see it, by the outcomes they record.")
@click.option(
    "--role",
    type=click.Choice([each.value for each in Role]),
    default=Role.SUPERVISOR.value,
    show_default=True,
)
@click.option("--account", help="Needed when there is more than one.")
@click.password_option(
    help="Asked for when left out; or from CALLWEAVE_PASSWORD.", envvar="CALLWEAVE_PASSWORD"
)
def create(email: str, name: str, role: str, account: str | None, password: str) -> None:
    """Add a person, or give one who is there a new name, role and password."""
    if len(password) < 10:  # noqa: PLR2004
        raise click.BadParameter("a password has at least 10 characters")
    with database() as found, found.writing() as session:
        owner = one(list(session.scalars(select(Account))), "account", account)
        user = session.scalars(select(User).where(User.email == email.lower())).one_or_none()
        if user is None:
            user = User(id=mint.new("us", now()), email=email.lower(), created_at=now())
            session.add(user)
        elif user.account_id != owner.id:
            raise click.ClickException(f"{email} belongs to another account")
        user.account_id, user.name, user.role = owner.id, name, role
        user.password_hash = hash_password(password)
    console.print(f"{email} can log in as {role}.")
