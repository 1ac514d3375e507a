"""The planted mistakes as data: each on a ground that there is, found by rules that there are."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from chaos.grounds import GROUNDS, RACES
from chaos.mutating import Mutant, mutants, planted
from chaos.races import RACES as ALL_RACES
from chaos.rules import RULES

LEAST = 50
SOURCES = [file.read_text("utf-8") for file in Path(__file__).parents[1].glob("chaos/*.py")]


def test_there_are_many_and_each_has_a_name_of_its_own() -> None:
    names = Counter(mutant.name for mutant in mutants())
    assert len(names) >= LEAST
    assert max(names.values()) == 1


def test_every_rule_of_the_judge_has_a_mistake_to_find() -> None:
    played = [mutant for mutant in mutants() if mutant.ground != RACES]
    named = {rule for mutant in played for rule in mutant.found_by}
    assert {*RULES} <= named


def test_no_two_mistakes_are_the_same_one_under_two_names() -> None:
    """Nor is any of them no change at all. Compared as programs, however they are laid out."""
    programs = {mutant.name: (mutant.file, _program(planted(mutant))) for mutant in mutants()}
    told: dict[tuple[str, str], str] = {}
    for name, program in programs.items():
        assert told.setdefault(program, name) == name
    for mutant in mutants():
        assert programs[mutant.name][1] != _program(mutant.source.read_text("utf-8")), mutant.name


@pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)
def test_every_planted_mistake_can_be_played_and_found(mutant: Mutant) -> None:
    assert mutant.ground in GROUNDS
    assert mutant.found_by
    if mutant.ground == RACES:
        assert {*mutant.found_by} <= {*ALL_RACES}
    else:
        for rule in mutant.found_by:
            assert any(f'"{rule}"' in source for source in SOURCES), rule


def _program(text: str) -> str:
    return ast.unparse(ast.parse(text))
