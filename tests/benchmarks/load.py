"""A load generator: prepared bytes over kept connections, as many at once as there are connections.

One thread, no parsing beyond an answer's length: about 30 us a request, so that the server, which
has a core of its own, stays the slower side.
"""

import gc
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from selectors import EVENT_READ, DefaultSelector
from time import perf_counter
from typing import NamedTuple

CONNECTIONS = 8
_PATIENCE_S = 30
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


class Question(NamedTuple):
    """A request, and what has to stand in its answer for it to count."""

    request: bytes
    proof: tuple[bytes, ...]


Conversation = Sequence[Question]
"""Questions that one client asks, one after the other."""


class UnexpectedAnswerError(Exception):
    """A benchmark of refusals would be fast and worthless."""


@dataclass(frozen=True, slots=True)
class Driven:
    """``seconds`` from the first request to the last answer; ``waits`` of each, in seconds."""

    seconds: float
    waits: Sequence[float]
    answers: Sequence[bytes]


def drive(
    address: tuple[str, int], conversations: Sequence[Conversation], *, keep: bool = False
) -> Driven:
    """``keep``: the answers, too. Raises UnexpectedAnswerError."""
    lines = [
        _Line(socket.create_connection(address, _PATIENCE_S))
        for _ in range(min(CONNECTIONS, len(conversations)))
    ]
    gc.collect()
    gc.disable()
    try:
        return _driven(lines, iter(conversations), keep=keep)
    finally:
        gc.enable()
        for line in lines:
            line.socket.close()


def _driven(lines: Sequence["_Line"], waiting: Iterator[Conversation], *, keep: bool) -> Driven:
    waits: list[float] = []
    answers: list[bytes] = []
    with DefaultSelector() as selector:
        begun = perf_counter()
        for line in lines:
            selector.register(line.socket, EVENT_READ, line)
            line.begin(next(waiting))
        while selector.get_map():
            ready = selector.select(_PATIENCE_S)
            if not ready:
                raise UnexpectedAnswerError(f"none within {_PATIENCE_S} s")
            for key, _ in ready:
                line = key.data
                if not line.hear():
                    continue
                waits.append(perf_counter() - line.asked_at)
                if keep:
                    answers.append(bytes(line.heard))
                if not line.go_on(waiting):
                    selector.unregister(line.socket)
        return Driven(perf_counter() - begun, waits, answers)


@dataclass(slots=True)
class _Line:
    socket: socket.socket
    left: Iterator[Question] = field(default_factory=lambda: iter(()))
    proof: tuple[bytes, ...] = ()
    asked_at: float = 0
    heard: bytes = b""

    def begin(self, conversation: Conversation) -> None:
        self.left = iter(conversation)
        self._ask(next(self.left))

    def go_on(self, waiting: Iterator[Conversation]) -> bool:
        """False when there is nothing left to ask."""
        question = next(self.left, None)
        if question:
            self._ask(question)
            return True
        conversation = next(waiting, None)
        if conversation:
            self.begin(conversation)
        return conversation is not None

    def _ask(self, question: Question) -> None:
        self.heard = b""
        self.proof = question.proof
        self.asked_at = perf_counter()
        self.socket.sendall(question.request)

    def hear(self) -> bool:
        """Whether the answer is whole by now."""
        packet = self.socket.recv(65536)
        self.heard += packet
        head, end, body = self.heard.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if packet and not (end and len(body) >= (int(length[1]) if length else 0)):
            return False
        if not all(proof in self.heard for proof in self.proof):
            raise UnexpectedAnswerError(
                f"{self.heard[:500].decode(errors='replace')!r} lacks one of {self.proof}"
            )
        return True
