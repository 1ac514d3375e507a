"""What the documents say that the code knows itself: settings, and mistakes that are planted.

`python -m tests.architecture.tables` writes it anew.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # where pytest finds the tests' modules, too

from callweave.settings.table import VARIABLES
from callweave.settings.variable import Variable
from chaos.mutating import mutants

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
EXAMPLE = ROOT / "config" / "example.env"
RELIABILITY = ROOT / "docs" / "reliability.md"
HEAD = """\
# Callweave's settings. Lines without # are required; the others show their defaults.
# A secret may stand in a file instead: NAME_FILE=/path/to/it in place of NAME.
"""


def with_settings(readme: str) -> str:
    rows = (f"| {_names(each)} | {_default(each)} | {each.meaning} |" for each in VARIABLES)
    return _with_table(readme, "settings", "Variable | Default | Meaning", rows)


def with_mistakes(reliability: str) -> str:
    rows = (
        f"| {each.name} | {each.why} | {each.ground} | {', '.join(each.found_by)} |"
        for each in mutants()
    )
    head = "mistake | why somebody would make it | ground | found by"
    return _with_table(reliability, "mistakes", head, rows)


def _with_table(document: str, name: str, head: str, rows: Iterable[str]) -> str:
    """Between the marks ``<!-- name -->`` and ``<!-- /name -->``."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    before, _, rest = document.partition(begin)
    _, _, after = rest.partition(end)
    table = "\n".join([f"| {head} |", "|---" * (head.count("|") + 1) + "|", *rows, ""])
    return before + begin + table + end + after


def example() -> str:
    return HEAD + "".join(_entry(each) for each in VARIABLES)


def _names(variable: Variable[Any]) -> str:
    return f"`{variable.name}`" + f" or `{variable.name}_FILE`" * variable.secret


def _default(variable: Variable[Any]) -> str:
    if variable.default is None:
        return "required"
    return f"`{variable.default}`" if variable.default else ""


def _entry(variable: Variable[Any]) -> str:
    mark = "" if variable.default is None else "#"
    meaning = variable.meaning.replace("`", "")
    return f"\n# {meaning}.\n{mark}{variable.name}={variable.default or ''}\n"


if __name__ == "__main__":
    README.write_text(with_settings(README.read_text("utf-8")), "utf-8")
    RELIABILITY.write_text(with_mistakes(RELIABILITY.read_text("utf-8")), "utf-8")
    EXAMPLE.write_text(example(), "utf-8")
