"""One JSON object a line, and nobody's telephone number in it."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from callweave.logs import JsonLines

Line = Callable[..., dict[str, Any]]


@pytest.fixture
def line() -> Line:
    def write(message: str, *args: object, **fields: Any) -> dict[str, Any]:
        record = logging.LogRecord("callweave.web", logging.WARNING, "f", 1, message, args, None)
        vars(record).update(fields)
        written = JsonLines().format(record)
        assert "\n" not in written
        found: dict[str, Any] = json.loads(written)
        return found

    return write


def test_a_line_says_when_how_bad_who_and_what(line: Line) -> None:
    found = line("a ring took %s ms", 12, created=1795384800.25)
    assert found == {
        "at": "2026-11-22T22:00:00.250+00:00",
        "level": "warning",
        "logger": "callweave.web",
        "message": "a ring took 12 ms",
    }


def test_extra_fields_are_kept(line: Line) -> None:
    found = line("ring", call="ca_01", at_all={1})
    assert (found["call"], found["at_all"]) == ("ca_01", "{1}")


@pytest.mark.parametrize(
    ("number", "cut"),
    [("+442079460123", "+...23"), ("+15550123", "+...23"), ("%2B442079460123", "%2B...23")],
)
def test_a_telephone_number_keeps_two_digits(line: Line, number: str, cut: str) -> None:
    found = line("ring from %s", number, caller=number)
    assert (found["message"], found["caller"]) == (f"ring from {cut}", cut)


def test_a_traceback_stays_on_its_line_without_numbers(line: Line) -> None:
    with pytest.raises(ValueError, match="busy") as caught:
        int("+442079460123 is busy")
    found = line("lost", exc_info=(caught.type, caught.value, caught.tb))
    assert "Traceback" in found["exception"]
    assert "+...23 is busy" in found["exception"]
    assert "0794601" not in found["exception"]
