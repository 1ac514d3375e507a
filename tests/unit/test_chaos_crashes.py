"""What is told of errors that the service's own code raised, and lived on."""

import logging

import pytest

from chaos.crashes import MARK, crashes_counted

log = logging.getLogger("callweave.anything")


def _logged(error: Exception) -> list[str]:
    with crashes_counted() as crashes:
        for _ in range(2):
            try:
                _break(error)
            except Exception:
                log.exception("fell back")
    return [*crashes.lines()]


def _break(error: Exception) -> None:
    raise error


def test_a_program_that_breaks_is_told_of_with_its_place_and_how_often() -> None:
    (line,) = _logged(AttributeError("no such thing"))
    assert line.startswith(f"{MARK} 2 times: AttributeError (_break, line ")
    assert line.endswith("): no such thing")


@pytest.mark.parametrize("kind", [TypeError, NameError, UnboundLocalError])
def test_so_is_any_other_error_of_a_program_that_cannot_work(kind: type[Exception]) -> None:
    assert len(_logged(kind("no"))) == 1


def test_one_that_hides_behind_a_librarys_error_is_told_of_too() -> None:
    error = RuntimeError("a statement failed")
    error.__cause__ = TypeError("no date")
    assert "TypeError" in _logged(error)[0]


def test_what_a_fault_brings_about_is_none() -> None:
    assert _logged(OSError("the disk is full")) == []


def test_nothing_of_it_is_shown_and_logs_are_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger().handlers[:]
    _logged(AttributeError("no such thing"))
    assert (*capsys.readouterr(),) == ("", "")
    assert logging.getLogger().handlers == before
    assert log.isEnabledFor(logging.ERROR)
