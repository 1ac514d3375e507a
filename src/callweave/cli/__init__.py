"""The callweave command."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

# By name: the module of this folder that has it, and under which name. In the order of `--help`.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("demo", "demo"),
    "serve": ("serving", "serve"),
    "worker": ("worker", "worker"),
    "db": ("database", "db"),
    "sites": ("sites", "sites"),
    "agents": ("agents", "agents"),
    "users": ("users", "users"),
    "keys": ("keys", "keys"),
    "numbers": ("numbers", "numbers"),
    "plan": ("plans", "plan"),
    "destinations": ("destinations", "destinations"),
    "inbox": ("inbox", "inbox"),
    "report": ("reports", "report"),
    "reconcile": ("reconcile", "reconcile_once"),
    "simulate": ("simulate", "simulate"),
}


class Commands(click.Group):
    """Each is loaded when it is asked for: whoever was killed is to be back soon, and all of them
    take longer than the service alone.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        found: Any = getattr(import_module(f"{__name__}.{module}"), name)
        if not isinstance(found, click.Command):
            raise TypeError(f"{module}.{name} is no command")
        return found


@click.command(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="callweave")
def main() -> None:
    """Call tracking and voice routing that keeps the thread from click to conversation.

    Try it without any account: callweave demo.
    In production: callweave db upgrade, callweave sites apply FILE, callweave users create,
    callweave serve, callweave worker. Settings come from the environment: see config/example.env.
    """
