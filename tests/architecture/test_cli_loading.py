"""A service that was killed is to answer again soon, so it loads nothing that it does not need."""

import subprocess
import sys

import click
import pytest

from callweave.cli import COMMANDS, main

UNUSED = ("alembic", "rich.progress", "callweave.simulator", "callweave.cli.demo")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_called_as_it_is_told(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name


def test_what_is_no_command_is_refused_as_such() -> None:
    assert main.get_command(click.Context(main), "serv") is None


def test_serving_loads_neither_the_demo_nor_the_migrations() -> None:
    asked = f"import sys; from callweave.cli import main; main.get_command(None, 'serve'); print([m for m in {UNUSED} if m in sys.modules])"  # noqa: E501  one program
    done = subprocess.run((sys.executable, "-c", asked), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
