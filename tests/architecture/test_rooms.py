"""What the import contracts cannot say: sizes, names, and who may ask the outside world."""

import ast
import sys
from pathlib import Path

import pytest

from architecture.sources import PACKAGE, ROOT, imported, modules, room, tree

LINES_OF_A_FILE = 250
LINES_OF_A_FUNCTION = 30
MIGRATIONS = PACKAGE / "storage" / "migrations"  # written by alembic, and never again by anyone
NAMELESS = {"base", "common", "data", "handler", "helper", "helpers", "info", "manager", "misc"}
NAMELESS |= {"processor", "shared", "util", "utils"}
BASE_OF_THE_TABLES = PACKAGE / "storage" / "base.py"
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}
CHANCE = {"random", "secrets", "uuid"}
BELOW_THE_CLOCK = {"domain", "storage", "telephony", "integrations", "workflows"}


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.fixture
def written() -> list[Path]:
    return [path for path in modules() if MIGRATIONS not in path.parents]


def test_a_file_tells_one_story(written: list[Path]) -> None:
    long = [path for path in written if len(path.read_text().splitlines()) > LINES_OF_A_FILE]
    assert names(long) == []


def test_a_function_fits_on_a_screen(written: list[Path]) -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in written
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _lines(node) > LINES_OF_A_FUNCTION
    ]
    assert long == []


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Of what it does: neither its parameters, one a line, nor its docstring are a second story."""
    does = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - does[0].lineno + 1 if does else 0


def test_a_module_is_named_for_what_it_holds(written: list[Path]) -> None:
    nameless = [path for path in written if NAMELESS & set(path.with_suffix("").parts[-2:])]
    assert names(nameless) == names([BASE_OF_THE_TABLES])


def test_the_domain_takes_nothing_but_the_standard_library() -> None:
    allowed = sys.stdlib_module_names | {"callweave"}
    foreign = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules()
        if room(path) in {"domain", "settings", "logs"}
        for name in imported(path)
        if name.partition(".")[0] not in allowed
    ]
    assert foreign == []


def test_time_and_chance_are_arguments_below_the_top_floors() -> None:
    asked = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules()
        if room(path) in BELOW_THE_CLOCK
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and _asks_the_clock(node.func)
    ]
    gambling = [path for path in modules() if room(path) in BELOW_THE_CLOCK and _gambles(path)]
    assert (asked, names(gambling)) == ([], [])


def test_only_wsgi_and_the_commands_read_settings_from_the_environment() -> None:
    readers = [
        path
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}
    ]
    assert {room(path) for path in readers} <= {"cli"}


def _asks_the_clock(called: ast.expr) -> bool:
    if not isinstance(called, ast.Attribute):
        return False
    return (ast.unparse(called.value).rpartition(".")[2], called.attr) in CLOCKS


def _gambles(path: Path) -> bool:
    return not CHANCE.isdisjoint(imported(path))
