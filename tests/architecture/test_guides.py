"""What the guides tell people to type exists, and what they show can be used."""

import re
import tomllib
from pathlib import Path

import click
import pytest

from architecture.sources import ROOT
from callweave.cli import main
from callweave.cli.site_file import read_site

GUIDES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def code(guide: Path) -> str:
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", guide.read_text("utf-8"), re.DOTALL))


def unknown(words: str) -> bool:
    first, _, second = words.partition(" ")
    command = main.get_command(click.Context(main), first)
    if isinstance(command, click.Group) and second:
        return second not in command.commands
    return command is None


def named(guide: Path) -> str:
    return str(guide.relative_to(ROOT))


@pytest.mark.parametrize("guide", GUIDES, ids=named)
def test_every_command_that_is_told_of_exists(guide: Path) -> None:
    told = re.findall(r"(?:^|[`/ ])callweave ([a-z]+(?: [a-z]+)?)", code(guide), re.MULTILINE)
    assert [words for words in told if unknown(words)] == []


@pytest.mark.parametrize("guide", GUIDES, ids=named)
def test_every_link_inside_the_project_leads_somewhere(guide: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", guide.read_text("utf-8"))
    assert [link for link in links if not (guide.parent / link).exists()] == []


def test_the_site_that_the_operations_guide_shows_can_be_applied() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    shown = re.findall(r"<!-- site -->\n```toml\n(.*?)```", text, re.DOTALL)
    assert [read_site(tomllib.loads(site)).name for site in shown] == ["Example Holidays"]
