import json
import re
from pathlib import Path

import pytest

from callweave.domain.reading import MOST_ITEMS
from callweave.domain.routing.conditions.caller import DISPOSITIONS
from callweave.domain.routing.conditions.kinds import KINDS
from callweave.domain.routing.plans import (
    MOST_ATTEMPTS,
    MOST_SECONDS,
    SHORTEST_RING,
    USUAL_RING,
    parse_plan,
)
from callweave.domain.routing.when import DEEPEST
from routing_people import a_rule, plan_data

PAGE = (Path(__file__).parents[2] / "docs" / "plans.md").read_text(encoding="utf-8")
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
SECTIONS = re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE)


def test_every_condition_has_its_section_in_the_reference_and_no_other_is_there() -> None:
    assert sorted(SECTIONS) == sorted([*KINDS, "any", "not"])


def test_the_example_of_each_section_uses_the_condition_that_it_explains() -> None:
    whens = [example for example in EXAMPLES if "rules" not in example]
    assert [next(iter(when)) for when in whens] == SECTIONS


@pytest.mark.parametrize("example", EXAMPLES, ids=",".join)
def test_every_example_of_the_reference_is_accepted(example: dict[str, object]) -> None:
    parse_plan(example if "rules" in example else plan_data(a_rule(when=example)))


@pytest.mark.parametrize(
    "promise",
    [
        f"At most {MOST_ATTEMPTS} attempts and {MOST_SECONDS} seconds",
        f"`ring_seconds` | {USUAL_RING} | how long each attempt rings, {SHORTEST_RING} to 45",
        f"at most {MOST_ITEMS} |",
        f"up to {DEEPEST} levels",
        ", ".join(f"`{word}`" for word in DISPOSITIONS[:-1]) + f" or `{DISPOSITIONS[-1]}`",
    ],
)
def test_the_limits_in_the_reference_are_those_of_the_code(promise: str) -> None:
    assert promise in PAGE
