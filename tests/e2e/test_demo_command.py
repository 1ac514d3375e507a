"""`callweave demo` as a newcomer runs it: a process of its own, its output, its exit code."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from callweave.storage.database import Database
from shops import open_shop

CALLWEAVE = Path(sys.executable).with_name("callweave")
README = Path(__file__).parents[2] / "README.md"

pytestmark = pytest.mark.slow


def demo(database_url: str) -> subprocess.CompletedProcess[str]:
    options = ["--calls", "10", "--seed", "7", "--exit", "--database", database_url]
    return subprocess.run(
        [str(CALLWEAVE), "demo", *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_books_of_a_demo_balance(empty_database_url: str) -> None:
    played = demo(empty_database_url)
    assert played.returncode == 0, played.stderr
    assert "10/10" in played.stdout
    assert "Paid Search" in played.stdout
    assert "They balance: every call, outcome and penny." in played.stdout
    assert played.stderr == ""


def test_the_readme_shows_what_a_demo_prints() -> None:
    shown = re.findall(r"<!-- demo -->\n```\n(.*?)```", README.read_text("utf-8"), re.DOTALL)[0]
    printed = run("demo", "--calls", "4", until="Ctrl-C")
    kept = [line for line in without_figures(shown) if not line.startswith("  ") or "http" in line]
    assert [line for line in kept if line not in without_figures(printed)] == []


def test_a_lost_outcome_is_noticed_and_ends_the_demo_with_1(
    database_url: str, database: Database
) -> None:
    with database.writing() as session:
        session.execute(text(losing_outcomes(database)))
    played = demo(database_url)
    assert played.returncode == 1
    assert "They balance" not in played.stdout
    assert "stored nothing" in played.stdout


def test_a_database_in_use_is_left_alone(database_url: str, database: Database) -> None:
    open_shop(database)
    again = demo(database_url)
    assert again.returncode == 1
    assert "needs a database of its own" in again.stderr


def run(*words: str, until: str) -> str:
    """What a command prints up to a word; then it is interrupted, as by Ctrl-C."""
    command = [str(CALLWEAVE), *words]
    printed = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stdout or ():
                printed += line
                if until in line:
                    process.send_signal(signal.SIGINT)
                    until = "\n\n"  # once is enough
        except BaseException:  # this test's time is up, and its end would wait for the process's
            process.terminate()
            raise
    assert process.returncode == 0
    return printed


def without_figures(text_: str) -> list[str]:
    lines = [line.rstrip() for line in text_.splitlines()]
    return [re.sub(r"[0-9]+", "0", line) for line in lines if re.search("[a-z]", line)]


def losing_outcomes(database: Database) -> str:
    if database.is_sqlite:
        return (
            "CREATE TRIGGER lose AFTER INSERT ON outcomes"
            " BEGIN DELETE FROM outcomes WHERE id = new.id; END"
        )
    return "CREATE RULE lose AS ON INSERT TO outcomes DO INSTEAD NOTHING"
