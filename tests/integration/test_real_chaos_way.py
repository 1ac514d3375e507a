"""What strikes a call on its way to the real service is known by call, and so is every try."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from callweave.simulator.connections import Deadline
from callweave.simulator.faults import CallFaults, Fault, Rates
from callweave.simulator.webhooks import Answer, Failure, Webhooks
from chaos.real_log import read_log
from chaos.real_way import RealWay

CALM = Rates(0, 0, 0, 0, 0)
RING, STATUS = "http://service/voice/ring#rc=1&rp=all", "http://service/voice/status#rc=1&rp=all"
FORM = {"CallStatus": "completed"}


class Service(Webhooks):
    """Answers all that it is asked."""

    def __init__(self) -> None:
        super().__init__("token")
        self.asked: list[str] = []

    def attempt(
        self, url: str, method: str, form: Mapping[str, str], token: str, deadline: Deadline
    ) -> Answer | Failure:
        del method, form, deadline
        self.asked.append(token)
        return Answer(url, "text/xml", b"<Response/>", 200, 0.0)


def way(service: Service, **rates: float) -> RealWay:
    return RealWay(service, CallFaults.of(replace(CALM, **rates), 1, 1))


@pytest.mark.parametrize(
    ("rates", "fault", "asked"),
    [({"never_asked": 1}, Fault.NEVER_ASKED, 1), ({"lost_answer": 1}, Fault.LOST_ANSWER, 2)],
)
def test_a_first_try_that_is_struck_is_followed_by_a_second(
    rates: dict[str, float], fault: Fault, asked: int
) -> None:
    service = Service()
    struck = way(service, **rates)
    assert isinstance(struck.ask(RING, "POST", FORM), Answer)
    assert len(service.asked) == len(struck.sent) == asked
    assert len(set(service.asked)) == 1
    (line,) = struck.struck
    assert line.endswith(f"/voice/ring completed: {fault}")


def test_a_carrier_that_does_not_try_again_is_left_with_the_failure() -> None:
    struck = way(Service(), never_asked=1)
    struck.tries_again = False
    assert isinstance(struck.ask(RING, "POST", FORM), Failure)


@pytest.mark.parametrize(
    ("rates", "before", "after"),
    [({"dropped": 1}, 0, 0), ({"late": 1}, 0, 1), ({"twice": 1}, 2, 2), ({}, 1, 1)],
)
def test_a_report_is_told_never_late_twice_or_once(
    rates: dict[str, float], before: int, after: int
) -> None:
    service = Service()
    struck = way(service, **rates)
    struck.tell(STATUS, "POST", FORM)
    assert len(service.asked) == before
    struck.end_call()
    assert len(service.asked) == len(set(service.asked)) == after
    assert len(struck.struck) == len(rates)


def test_the_log_tells_of_fallbacks_and_errors_and_of_nothing_else(tmp_path: Path) -> None:
    at = '{"at": "2026-11-23T12:00:00.000+00:00", "level"'
    lines = [
        f'{at}: "warning", "message": "fell back", "call": "CA1", "why": "TooLateError()"}}',
        f'{at}: "error", "message": "oops", "exception": "Traceback\\nKeyError: 1"}}',
        f'{at}: "warning", "message": "not told", "call": "CA2"}}',
        '{"at": "2026-11-2',
        "162 calls compared",
    ]
    log = tmp_path / "log"
    log.write_text("\n".join(lines))
    found = [(said.message, said.call, said.why, said.is_error) for said in read_log(log)]
    assert found == [
        ("fell back", "CA1", "TooLateError()", False),
        ("oops", None, "KeyError: 1", True),
    ]
