"""What README.md and config/example.env say about settings, made from the code's own table.

`python -m tests.architecture.tables` writes both anew.
"""

from pathlib import Path
from typing import Any

from callweave.settings.table import VARIABLES
from callweave.settings.variable import Variable

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
EXAMPLE = ROOT / "config" / "example.env"
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->\n"
HEAD = """\
# Callweave's settings. Lines without # are required; the others show their defaults.
# A secret may stand in a file instead: NAME_FILE=/path/to/it in place of NAME.
"""


def readme_table() -> str:
    rows = [f"| {_names(each)} | {_default(each)} | {each.meaning} |" for each in VARIABLES]
    return "\n".join(["| Variable | Default | Meaning |", "|---|---|---|", *rows, ""])


def with_table(readme: str) -> str:
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + readme_table() + END + after


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
    README.write_text(with_table(README.read_text("utf-8")), "utf-8")
    EXAMPLE.write_text(example(), "utf-8")
