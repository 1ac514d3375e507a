"""What the README says to type is what the Makefile does."""

import re

from architecture.sources import ROOT

README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def plainly(recipe: str) -> str:
    """A recipe's line as a person would type it."""
    for noise in ("--quiet ", "--disable-pip-version-check ", "/python -m", " $(ARGS)"):
        recipe = recipe.replace(noise, "/pip" if noise == "/python -m" else "")
    return recipe.replace("$(BIN)", ".venv/bin").replace("/pip pip", "/pip").strip()


def test_the_steps_without_make_are_those_of_make() -> None:
    section = README.partition("### Without make")[2].partition("\n## ")[0]
    steps = re.findall(r"^\$ (\.venv.*)$", section, re.MULTILINE)
    recipes = [plainly(line) for line in MAKEFILE.splitlines() if line.startswith("\t")]
    assert len(steps) == 3
    assert [step for step in steps if step not in recipes] == []


def test_every_target_that_is_told_of_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    told = set(re.findall(r"^\$ make ([a-z]+)", README, re.MULTILINE))
    assert told == {"demo", "test"}
    assert told <= targets >= {"check", "bench", "lock", "clean"}
