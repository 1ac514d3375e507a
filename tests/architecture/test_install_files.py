"""What a bare clone is installed and run by."""

import json
import re

import pytest

from architecture.sources import ROOT

LOCKS = ("requirements.txt", "requirements-dev.txt")
NPM_LOCKS = tuple(
    f"{folder}/package-lock.json"
    for folder in ("src/callweave/snippet", "tests/lighthouse", "tests/react")
)


def lock(name: str) -> str:
    return (ROOT / "config" / name).read_text("utf-8")


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_registry(name: str) -> None:
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", lock(name))


@pytest.mark.parametrize("path", NPM_LOCKS)
def test_a_lock_of_npm_has_hashes_and_no_address(path: str) -> None:
    """Npm writes where packages ask for money, too: `funding` is taken out, nothing reads it."""
    text = (ROOT / path).read_text("utf-8")
    packages = {at: told for at, told in json.loads(text)["packages"].items() if at}
    assert packages
    assert [at for at, told in packages.items() if "integrity" not in told] == []
    assert "://" not in text


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_its_version_and_hashes(name: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock(name).strip())
    loose = [
        e.splitlines()[0]
        for e in entries
        if not re.match(r"[\w.\[\],-]+==\S+.*\\\n\s+--hash=sha256:", e)
    ]
    assert len(entries) > 20
    assert loose == []


def test_whatever_runs_is_among_what_is_tested() -> None:
    def pinned(name: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", lock(name), re.MULTILINE))

    assert pinned("requirements.txt") <= pinned("requirements-dev.txt")


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/operations.md", ".ci/run"])
def test_every_make_target_that_is_told_of_exists(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    told = set(re.findall(r"(?:`|^|\$ )make ([a-z]+)", text, re.MULTILINE))
    assert told <= make_targets()
