from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from callweave.simulator.connections import Deadline
from callweave.simulator.faults import CallFaults, Fault, FaultyWebhooks, Rates
from callweave.simulator.webhooks import Answer, Failure, Webhooks

ALWAYS = 1.1
URL = "http://127.0.0.1:9/voice/ring"
NEVER = Rates(0, 0, 0, 0, 0)


@dataclass(slots=True)
class Listening(Webhooks):
    """Takes everything down instead of sending it."""

    heard: list[tuple[str, str]] = field(default_factory=list)

    def attempt(
        self, url: str, method: str, form: Mapping[str, str], token: str, deadline: Deadline
    ) -> Answer | Failure:
        self.heard.append((form["n"], token))
        return Answer(url, "text/xml", b"<Response/>", 200, 0)

    @property
    def order(self) -> list[str]:
        return [name for name, _ in self.heard]


def faulty(rates: Rates) -> tuple[Listening, FaultyWebhooks]:
    service = Listening()
    return service, FaultyWebhooks(service, CallFaults.of(rates, 1, 1))


def test_what_strikes_a_call_depends_on_its_seed_and_number_alone() -> None:
    def drawn(seed: int, number: int) -> list[Fault | None]:
        faults = CallFaults.of(Rates(), seed, number)
        return [faults.of_report() for _ in range(200)]

    assert drawn(1, 7) == drawn(1, 7)
    assert len({tuple(drawn(1, 7)), tuple(drawn(1, 8)), tuple(drawn(2, 7))}) == 3


def test_faults_strike_as_often_as_their_rates_say() -> None:
    faults = CallFaults.of(Rates(dropped=0.1, twice=0.2, late=0.3), 3, 4)
    struck = Counter(faults.of_report() for _ in range(4000))
    for fault, share in ((Fault.DROPPED, 0.1), (Fault.TWICE, 0.2), (Fault.LATE, 0.3)):
        assert struck[fault] / 4000 == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("overrides", ["#rc=1&rp=all", "#rc=3&rp=rt"])
def test_a_lost_answer_is_asked_for_again_with_the_same_token(overrides: str) -> None:
    service, way = faulty(Rates(lost_answer=ALWAYS))
    assert isinstance(way.ask(URL + overrides, "POST", {"n": "ring"}), Answer)
    (_, first), (_, second) = service.heard
    assert first == second


def test_a_lost_answer_is_a_failure_where_nothing_is_tried_again() -> None:
    service, way = faulty(Rates(lost_answer=ALWAYS))
    failure = way.ask(URL, "POST", {"n": "ring"})
    assert isinstance(failure, Failure)
    assert (failure.kind, service.order) == ("rt", ["ring"])


def test_a_service_that_was_never_asked_hears_of_it_once() -> None:
    service, way = faulty(Rates(lost_answer=0, never_asked=ALWAYS))
    assert isinstance(way.ask(URL, "POST", {"n": "ring"}), Answer)
    assert service.order == ["ring"]


@pytest.mark.parametrize(
    ("rates", "heard"),
    [
        (NEVER, ["a", "b", "c"]),
        (Rates(0, 0, dropped=ALWAYS), []),
        (Rates(0, 0, 0, twice=ALWAYS), ["a", "a", "b", "b", "c", "c"]),
    ],
    ids=["nothing", "dropped", "twice"],
)
def test_reports_are_dropped_and_repeated(rates: Rates, heard: list[str]) -> None:
    service, way = faulty(rates)
    for name in "abc":
        way.tell(URL, "POST", {"n": name})
    way.end_call()
    assert service.order == heard


def test_late_reports_come_after_the_call_and_overtake_each_other() -> None:
    service, way = faulty(Rates(0, 0, 0, 0, late=ALWAYS))
    for name in "abcdefgh":
        assert way.tell(URL, "POST", {"n": name}) is None
    assert service.order == []
    way.end_call()
    assert sorted(service.order) == list("abcdefgh") != service.order
