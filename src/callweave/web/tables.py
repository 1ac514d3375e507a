"""Tables for spreadsheets: RFC 4180, and no cell that a spreadsheet would run.

Visitors choose what stands in an address, so any text may begin like a formula. Such text gets
an apostrophe in front, the spreadsheet's own mark for "this is text". Phone numbers get it as
well: without it "+442079460123" opens as the number 4.42079E+11. Text that begins with an
apostrophe of its own gets one more, so that taking one away always gives back what was stored.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TypeAlias

Cell: TypeAlias = str | int | Decimal | None

BYTE_ORDER_MARK = "\ufeff"
_APOSTROPHE = "'"
_STARTS_A_FORMULA = frozenset("=+-@\N{MINUS SIGN}")
_QUOTES = frozenset("\"'`\u2018\u2019\u201c\u201d")
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


def csv_lines(
    header: Sequence[str], rows: Iterable[Sequence[Cell]], *, bom: bool = False
) -> Iterator[str]:
    """Excel takes a file without a byte order mark for the local 8-bit code page."""
    yield (BYTE_ORDER_MARK if bom else "") + _line(header)
    for row in rows:
        yield _line(row)


def guarded(text: str) -> str:
    """The text as a cell that no spreadsheet calculates."""
    if text.startswith((_APOSTROPHE, "\t", "\r", "\n")):
        return _APOSTROPHE + text
    return _APOSTROPHE + text if _first_sign(text) in _STARTS_A_FORMULA else text


def _first_sign(text: str) -> str:
    """The first character that counts, full-width variants as the plain ones: importers skip
    blanks and quotes, and some read a full-width equals sign as an equals sign.
    """
    for character in text:
        if character not in _QUOTES and unicodedata.category(character) not in _UNSEEN:
            return unicodedata.normalize("NFKC", character)
    return ""


def _line(cells: Sequence[Cell]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow(
        [guarded(cell) if isinstance(cell, str) else cell for cell in cells]
    )
    return out.getvalue()
