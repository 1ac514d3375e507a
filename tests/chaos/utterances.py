"""One request of the carrier in words, and what its answer means for the carrier."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urldefrag

from callweave.simulator.connections import ConnectionRules
from callweave.simulator.webhooks import Failure
from chaos.wire import PUBLIC, Response

Words = tuple[str, tuple[tuple[str, str], ...]]
"""A request as it is told from others: its address and its form."""


def is_ok(answer: Response) -> bool:
    return answer.status in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}


def as_words(url: str, form: Mapping[str, str]) -> Words:
    return path_of(url), tuple(sorted(form.items()))


def path_of(url: str) -> str:
    return urldefrag(url).url.removeprefix(PUBLIC)


def status_of(form: Mapping[str, str]) -> str:
    return form.get("DialCallStatus") or form.get("CallStatus", "")


def lost_time(failure: Failure, rules: ConnectionRules) -> float:
    """Seconds that the carrier waits before it gives a try up."""
    return {"ct": rules.connect, "rt": rules.read}.get(failure.kind, 0.1)
