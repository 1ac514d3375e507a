"""The table of planted mistakes says what is planted."""

from architecture.tables import RELIABILITY, with_mistakes


def test_the_table_of_mistakes_is_what_is_planted() -> None:
    written = RELIABILITY.read_text("utf-8")
    assert written == with_mistakes(written), "python -m tests.architecture.tables writes it anew"
