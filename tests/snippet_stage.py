"""A website and a scripted Callweave on two origins, for the snippet to be tried on."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from playwright.sync_api import ConsoleMessage, Page

from callweave.web.snippet import built_snippet

OWN = "020 7946 0000"
OWN_E164 = "+442079460000"
PATIENCE_S = 10
SHAPES = Path(__file__).parent / "pages"

# "host >>> inner" goes into a shadow root or a frame, "link@href" reads an attribute
READ = """selectors => selectors.map(selector => {
    const [path, attribute] = selector.split("@");
    const [last, ...ways] = path.split(" >>> ").reverse();
    const into = (root, way) => {
        const host = root.querySelector(way);
        return host.shadowRoot || host.contentDocument;
    };
    const found = ways.reverse().reduce(into, document).querySelector(last);
    if (!found) return "";  // it is still to come
    const text = attribute ? found.getAttribute(attribute) : found.textContent;
    return text.replace(/\\s+/g, " ").trim();
})"""


@dataclass(frozen=True, slots=True)
class Offered:
    e164: str
    national: str
    international: str


FIRST = Offered("+442079460101", "020 7946 0101", "+44 20 7946 0101")
SECOND = Offered("+442079460102", "020 7946 0102", "+44 20 7946 0102")
SALES = Offered("+441614960155", "0161 496 0155", "+44 161 496 0155")


def number_for(pool: str, offered: Offered, **more: Any) -> dict[str, Any]:
    return {
        "pool": pool,
        "e164": offered.e164,
        "national": offered.national,
        "international": offered.international,
        "assignment": "exclusive",
        "replaces": [OWN_E164, "02079460000"],
        **more,
    }


@dataclass(frozen=True, slots=True)
class Asked:
    path: str
    body: Any
    content_type: str
    cookie: str | None


@dataclass
class ScriptedApi:
    """Answers as told; the ids of an announcement come back, a new visit gets new ones.

    ``answer`` replaces the body of the next announcements: bytes as they are, else JSON. Nobody is
    answered before so many as ``together`` have asked.
    """

    asked: list[Asked] = field(default_factory=list)
    numbers: list[dict[str, Any]] = field(default_factory=lambda: [number_for("main", FIRST)])
    status: int | None = None
    answer: Any = None
    delay_s: float = 0
    together: int = 0
    renew_every: int = 60
    expires_in: int = 1800
    visits: int = 0
    links: int = 0

    def take(self, asked: Asked) -> tuple[int, bytes]:
        self.asked.append(asked)
        self.wait(lambda: len(self.asked) >= self.together)
        time.sleep(self.delay_s)
        if asked.path.endswith("/links"):
            self.links += 1
            return self.status or 201, json.dumps({"link": f"lk_{self.links}.seal"}).encode()
        if asked.path != "/v1/visits":
            return self.status or 204, b""
        if isinstance(self.answer, bytes):
            return self.status or 201, self.answer
        answer = self.answer or self._welcome(asked.body)
        return self.status or 201, json.dumps(answer).encode()

    def _welcome(self, told: dict[str, Any]) -> dict[str, Any]:
        self.visits += told["visit"] is None
        return {
            "visitor": told["visitor"] or f"vr_{self.visits}.seal",
            "visit": told["visit"] or f"vs_{self.visits}.seal",
            "numbers": [n for n in self.numbers if n["pool"] in told["numbers_wanted"]],
            "renew_every": self.renew_every,
            "expires_in": self.expires_in,
        }

    @property
    def announced(self) -> list[dict[str, Any]]:
        return [asked.body for asked in list(self.asked) if asked.path == "/v1/visits"]

    def events(self, kind: str) -> list[dict[str, Any]]:
        told = [asked.body["events"] for asked in list(self.asked) if "events" in asked.body]
        return [event for events in told for event in events if event["type"] == kind]

    def wait(self, until: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not until():
            assert time.monotonic() < end, f"only {self.asked}"
            time.sleep(0.01)


class _ApiRequest(BaseHTTPRequestHandler):
    api: ClassVar[ScriptedApi]

    def do_GET(self) -> None:
        name = "callweave.full" if "full" in self.path else "callweave"
        _send(self, 200, built_snippet(name).body, "text/javascript")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "{}")
        kind, cookie = self.headers.get("Content-Type", ""), self.headers.get("Cookie")
        _send(self, *self.api.take(Asked(self.path, body, kind, cookie)), "application/json")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        pass


class _PageRequest(BaseHTTPRequestHandler):
    pages: ClassVar[dict[str, str]]

    def do_GET(self) -> None:
        body = self.pages.get(self.path.partition("?")[0], "").encode()
        _send(self, 200 if body else 404, body, "text/html; charset=utf-8")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        pass


def _send(request: BaseHTTPRequestHandler, status: int, body: bytes, kind: str) -> None:
    request.send_response(status)
    request.send_header("Content-Type", kind)
    request.send_header("Access-Control-Allow-Origin", request.headers.get("Origin", "*"))
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    hang_up(server)


def hang_up(server: ThreadingHTTPServer) -> None:
    server.shutdown()
    server.server_close()


@dataclass
class Stage:
    """One browser page on a website that embeds the snippet; ``noise`` is what nobody may see."""

    page: Page
    api: ScriptedApi
    site: str
    snippet: str
    pages: dict[str, str]
    service: ThreadingHTTPServer
    noise: list[str] = field(default_factory=list)

    def script(self, attributes: str = "") -> str:
        return f'<script async src="{self.snippet}" data-site="st_one" {attributes}></script>'

    def full_script(self, attributes: str) -> str:
        return self.script(attributes).replace("callweave.js", "callweave.full.js")

    def publish(
        self, body: str, *, path: str = "/", head: str | None = None, attributes: str = ""
    ) -> str:
        """The page's address. The snippet stands in the head unless ``head`` says otherwise."""
        head = self.script(attributes) if head is None else head
        self.pages[path] = (
            f'<!doctype html><html><head><title>Shop</title><link rel="icon" href="data:,">'
            f"{head}</head><body>{body}</body></html>"
        )
        return self.site + path

    def open(self, body: str, **more: str) -> None:
        self.page.goto(self.publish(body, **more))

    def open_shape(self, name: str) -> None:
        """A page of tests/pages, with the snippet where such a page would have it."""
        html = (SHAPES / f"{name}.html").read_text(encoding="utf-8")
        origin = self.snippet.removesuffix("/callweave.js")
        for mark, given in {
            "snippet": self.script(),
            "src": self.snippet,
            "origin": origin,
        }.items():
            html = html.replace(f"<!--{mark}-->", given)
        self.pages["/"] = html
        self.page.goto(self.site)

    def await_shown(self, expected: dict[str, str]) -> None:
        """Until the page shows all of this at once."""
        end = time.monotonic() + PATIENCE_S
        shown: dict[str, str] = {}
        while shown != expected and time.monotonic() < end:
            shown = dict(zip(expected, self.page.evaluate(READ, [*expected]), strict=True))
            time.sleep(0.02)
        assert shown == expected

    def text(self, selector: str = "#n") -> str:
        return self.page.locator(selector).inner_text()

    def await_change(self, selector: str, before: str = OWN) -> None:
        self.page.wait_for_function(
            "([selector, before]) => document.querySelector(selector).textContent !== before",
            arg=[selector, before],
        )

    def listen_to(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.noise.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        # the browser's own line for a failed request, which no script can prevent
        if not message.text.startswith("Failed to load resource"):
            self.noise.append(message.text)


@contextmanager
def staged(page: Page, host: str = "127.0.0.1") -> Iterator[Stage]:
    api = ScriptedApi()
    pages: dict[str, str] = {}
    with (
        answering(type("_Api", (_ApiRequest,), {"api": api})) as service,
        answering(type("_Site", (_PageRequest,), {"pages": pages})) as website,
    ):
        snippet = f"http://127.0.0.1:{service.server_port}/callweave.js"
        site = f"http://{host}:{website.server_port}"
        stage = Stage(page, api, site, snippet, pages, service)
        stage.listen_to(page)
        yield stage
