"""What counts as having found a planted mistake, and what does not."""

import pytest

from chaos.crashes import MARK as CRASHED
from chaos.grounds import GROUNDS, RACES
from chaos.mutating import Mark, Mutant, mark_of, read_run, run_mutants
from chaos.races import RACES as ALL_RACES

BREACHES = "seed 2: 45 calls\n  [legs] CA1: none here\n    heard  ring\n  [books] CA1: 3 s, 4 s\n"
BROKE = f"{CRASHED} 3 times: AttributeError (answer_report, line 60): no attribute 'about'\n"
CRASH = "Traceback (most recent call last):\nImportError: no name"
MUTANT = Mutant("m", "intake.py", "a", "b", "why not", ["books"])


@pytest.mark.parametrize(
    ("code", "out", "err", "mark"),
    [
        (1, BREACHES, "", Mark.CAUGHT),
        (0, "no breach\n", "", Mark.MISSED),
        (1, "  [legs] CA1: none here\n", "", Mark.OTHERWISE),
        (1, BREACHES + BROKE, "", Mark.BROKEN),
        (0, "no breach\n" + BROKE, "", Mark.BROKEN),
        (1, "", CRASH, Mark.BROKEN),
        (1, BREACHES, CRASH, Mark.BROKEN),
        (0, "no breach\n", CRASH, Mark.BROKEN),
        (1, "", "", Mark.BROKEN),
        (-9, "", "", Mark.BROKEN),
        (0, BREACHES, "", Mark.BROKEN),
        (None, BREACHES, "", Mark.BROKEN),
    ],
)
def test_only_a_breach_of_the_right_rule_counts(
    code: int | None, out: str, err: str, mark: Mark
) -> None:
    assert mark_of(MUTANT, read_run(code, out, err, 1.0)) is mark


def test_a_run_is_told_in_the_words_of_its_first_breach() -> None:
    played = read_run(1, BREACHES, "", 1.0)
    assert (played.rules, played.said) == (["legs", "books"], "[legs] CA1: none here")


def test_what_broke_off_is_told_by_its_last_words() -> None:
    assert read_run(1, BREACHES, CRASH, 1.0).said == "ImportError: no name"
    assert read_run(1, BREACHES + BROKE, "", 1.0).said == BROKE.strip()
    assert read_run(None, BREACHES, "", 600.0).said == "it took longer than 600 s"


def test_a_mutant_of_the_races_plays_those_that_would_find_it() -> None:
    race = next(iter(ALL_RACES))
    mutant = Mutant("m", "intake.py", "a", "b", "why not", [race], RACES)
    assert [*mutant.options] == [*GROUNDS[RACES].split(), race]


def test_a_name_that_no_mutant_has_is_no_success() -> None:
    said: list[str] = []
    assert run_mutants("typo", said.append) != 0
    assert said == ["no mutant, ground or rule is called 'typo', not even in part"]
