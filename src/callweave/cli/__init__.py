"""The callweave command."""

import click

from callweave.cli.agents import agents
from callweave.cli.database import db
from callweave.cli.demo import demo
from callweave.cli.destinations import destinations
from callweave.cli.inbox import inbox
from callweave.cli.keys import keys
from callweave.cli.numbers import numbers
from callweave.cli.plans import plan
from callweave.cli.reconcile import reconcile_once
from callweave.cli.reports import report
from callweave.cli.serving import serve
from callweave.cli.simulate import simulate
from callweave.cli.sites import sites
from callweave.cli.users import users
from callweave.cli.worker import worker


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="callweave")
def main() -> None:
    """Call tracking and voice routing that keeps the thread from click to conversation.

    Try it without any account: callweave demo.
    In production: callweave db upgrade, callweave sites apply FILE, callweave users create,
    callweave serve, callweave worker. Settings come from the environment: see config/example.env.
    """


for command in (
    demo,
    serve,
    worker,
    db,
    sites,
    agents,
    users,
    keys,
    numbers,
    plan,
    destinations,
    inbox,
    report,
    reconcile_once,
    simulate,
):
    main.add_command(command)
