"""The shipped proxy before the phone: real nginx, and two pools that answer, hang, or are gone."""

import http.client
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from load import proxy
from load.waiting import free_port
from nginx import find_nginx

NGINX = find_nginx()
pytestmark = pytest.mark.skipif(NGINX is None, reason="no nginx on this machine")

PATH = "/voice/dialled?leg=1&odd=%7e"
BODY = b"CallSid=CA1&To=%2B442079460101"
SIGNED = {"X-Twilio-Signature": "abc=", "Content-Type": "application/x-www-form-urlencoded"}
CARRIERS_PATIENCE_S = 5.0
AT_ONCE = 256
NEAR = "set_real_ip_from 10.0.0.0/8;"
BURST, A_SECOND, AT_ONCE_OF_A_NETWORK = 50, 20, 10  # to be through them sooner
CHANGED = {
    NEAR: f"{NEAR}\nset_real_ip_from 127.0.0.0/8;",
    "zone=networks:10m rate=30r/s": f"zone=networks:10m rate={A_SECOND}r/s",
    "zone=networks burst=500 delay=20": f"zone=networks burst={BURST} delay={AT_ONCE_OF_A_NETWORK}",
}


@dataclass(slots=True)
class Pool:
    """Answers with its name and what it is told to; ``asked``: what it heard."""

    name: str
    status: int = 200
    asked: list[tuple[str, str, bytes, str | None]] = field(default_factory=list)

    @contextmanager
    def serving(self) -> Iterator[int]:
        pool = self

        class Answering(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self._answer(200)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signature = self.headers["X-Twilio-Signature"]
                pool.asked.append((self.command, self.path, body, signature))
                self._answer(pool.status)

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(pool.name)))
                self.end_headers()
                self.wfile.write(pool.name.encode())

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        class Server(ThreadingHTTPServer):
            request_queue_size = 2 * AT_ONCE
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Whoever floods does not wait for an answer."""

        server = Server(("127.0.0.1", 0), Answering)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@contextmanager
def hanging() -> Iterator[int]:
    """Takes all connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=2 * AT_ONCE) as mute:
        yield mute.getsockname()[1]


@dataclass(frozen=True, slots=True)
class Entrance:
    port: int

    def post(self, headers: dict[str, str] = SIGNED, path: str = PATH) -> tuple[int, bytes]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        line.request("POST", path, BODY, headers)
        answer = line.getresponse()
        found = answer.status, answer.read()
        line.close()
        return found

    def visited(self, nth: int) -> tuple[int, bool]:
        """From the nth address of one network; and whether the line ends with it."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as line:
            line.request("POST", "/v1/visits", BODY, {"X-Forwarded-For": f"203.0.113.{nth}"})
            answer = line.getresponse()
            answer.read()
            return answer.status, answer.will_close


@pytest.fixture
def web() -> Pool:
    return Pool("web")


@pytest.fixture
def building(web: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Building"]:
    """Of proxy and web pool. This machine says for whom it asks, as who ends TLS does."""
    config, text = tmp_path / "shipped.conf", proxy.CONFIG.read_text("utf-8")
    for before, after in CHANGED.items():
        assert before in text
        text = text.replace(before, after)
    config.write_text(text)
    monkeypatch.setattr(proxy, "CONFIG", config)
    with ExitStack() as stack:
        yield Building(web, tmp_path, stack)


@dataclass(frozen=True, slots=True)
class Building:
    web: Pool
    folder: Path
    stack: ExitStack

    def before(self, voice: int) -> Entrance:
        served = self.stack.enter_context(self.web.serving())
        started = proxy.proxied(NGINX or "", served, voice, self.folder)
        return Entrance(self.stack.enter_context(started))


ASKED = ("POST", PATH, BODY, "abc=")


def test_a_pool_that_hangs_counts_as_failed_before_the_carrier_hangs_up(
    building: Building, web: Pool
) -> None:
    with hanging() as voice:
        entrance = building.before(voice)
        for longest in (CARRIERS_PATIENCE_S, CARRIERS_PATIENCE_S / 2):  # then it is known to hang
            began = time.monotonic()
            assert entrance.post() == (200, b"web")
            assert time.monotonic() - began < longest
    assert web.asked == [ASKED, ASKED]


def test_a_pool_that_is_gone_is_not_waited_for(building: Building, web: Pool) -> None:
    entrance = building.before(free_port())
    began = time.monotonic()
    assert entrance.post() == (200, b"web")
    assert time.monotonic() - began < CARRIERS_PATIENCE_S / 2
    assert web.asked == [ASKED]


@pytest.mark.parametrize("status", [502, 503])
def test_what_one_pool_could_not_keep_the_other_is_asked(
    building: Building, web: Pool, status: int
) -> None:
    voice = Pool("voice", status)
    entrance = building.before(building.stack.enter_context(voice.serving()))
    assert entrance.post() == (200, b"web")
    assert voice.asked == web.asked == [ASKED]


def test_after_a_request_that_both_pools_failed_the_next_is_answered(
    building: Building, web: Pool
) -> None:
    voice = Pool("voice")
    entrance = building.before(building.stack.enter_context(voice.serving()))
    for _ in range(3):
        voice.status = web.status = 503
        assert entrance.post()[0] in {502, 503}
        voice.status = web.status = 200
        assert entrance.post()[0] == 200


@pytest.mark.parametrize("status", [200, 204, 403, 500])
def test_what_a_pool_answers_is_the_answer(building: Building, web: Pool, status: int) -> None:
    voice = Pool("" if status == 204 else "voice", status)
    entrance = building.before(building.stack.enter_context(voice.serving()))
    assert entrance.post()[0] == status
    assert (voice.asked, web.asked) == ([ASKED], [])


def test_what_nobody_signed_reaches_no_pool(building: Building, web: Pool) -> None:
    voice = Pool("voice")
    entrance = building.before(building.stack.enter_context(voice.serving()))
    assert entrance.post({})[0] == 403
    assert (voice.asked, web.asked) == ([], [])


def test_a_network_that_floods_the_phone_leaves_it_to_the_carrier(building: Building) -> None:
    with hanging() as voice, ExitStack() as flood:
        entrance = building.before(voice)
        for nth in range(AT_ONCE):
            line = flood.enter_context(socket.create_connection(("127.0.0.1", entrance.port)))
            line.sendall(forged(f"2001:db8::{nth:x}:9:9:9"))
        wait_until_refused(entrance, "2001:db8::ffff", flood)
        carrier = entrance.post({**SIGNED, "X-Forwarded-For": "2001:db8:0:1::1"})
        assert carrier == (200, b"web")


def forged(address: str) -> bytes:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nX-Twilio-Signature: no\r\nX-Forwarded-For: {address}"
    )
    return f"{head}\r\nContent-Length: {len(BODY)}\r\n\r\n".encode() + BODY


def wait_until_refused(entrance: Entrance, address: str, flood: ExitStack) -> None:
    """As soon as nginx has read them all, and before it gives the pool up. Who comes before that
    waits with the others.
    """
    for _ in range(10):
        to_us = socket.create_connection(("127.0.0.1", entrance.port), timeout=0.3)
        one_more = flood.enter_context(to_us)
        one_more.sendall(forged(address))
        with suppress(TimeoutError):
            assert one_more.recv(12) == b"HTTP/1.1 429"
            return
    pytest.fail("nobody was refused")


@pytest.mark.parametrize(
    "address",
    ["2001:db8::{:x}:9:9:9", "2001:db8:1:2:{:x}::9", "::ffff:198.51.100.{}", "203.0.113.{}"],
)
def test_a_network_that_asks_too_much_waits_however_its_addresses_are_written(
    building: Building, address: str
) -> None:
    entrance = building.before(free_port())
    told = [{"X-Forwarded-For": address.format(nth + 1)} for nth in range(BURST)]
    began = time.monotonic()
    with ThreadPoolExecutor(BURST) as crowd:
        statuses = list(crowd.map(lambda whom: entrance.post(whom, "/v1/visits")[0], told))
    assert statuses == [200] * BURST
    assert time.monotonic() - began > (BURST - AT_ONCE_OF_A_NETWORK - 2) / A_SECOND


def test_who_is_refused_in_the_end_has_to_connect_anew(building: Building) -> None:
    entrance = building.before(free_port())
    with ThreadPoolExecutor(3 * BURST) as crowd:
        told = list(crowd.map(entrance.visited, range(1, 3 * BURST)))
    assert told.count((429, True)) > BURST
    assert told.count((200, False)) >= BURST
    assert len(set(told)) == 2
