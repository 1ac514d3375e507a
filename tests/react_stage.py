"""A website that React renders, beside the scripted Callweave of a Stage."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar

from playwright.sync_api import Page

from react_pages import pages_of
from snippet_stage import PATIENCE_S, Stage, answering

# React asks for its developer tools in the console where it finds none
NO_TOOLS = "window.__REACT_DEVTOOLS_GLOBAL_HOOK__ = { isDisabled: true }"


@dataclass
class Website:
    """What a page has to come is held back until ``rest`` is set."""

    pages: dict[str, list[str]]
    bundle: bytes
    shown: list[str] = field(default_factory=list)
    rest: threading.Event = field(default_factory=threading.Event)

    def parts(self, path: str) -> Iterator[bytes]:
        if path == "/browser.js":
            yield self.bundle
            return
        for nth, part in enumerate(self.shown):
            if nth:
                self.rest.wait(PATIENCE_S)
            yield part.encode()


class _Request(BaseHTTPRequestHandler):
    website: ClassVar[Website]

    def do_GET(self) -> None:
        kind = "text/javascript" if self.path.endswith(".js") else "text/html; charset=utf-8"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        for part in self.website.parts(self.path):
            self.wfile.write(part)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        pass


@dataclass
class ReactStage:
    """React begins when it is told to: tests decide whether the snippet was there before."""

    stage: Stage
    website: Website
    address: str
    build: str
    component: str = ""
    props: dict[str, Any] = field(default_factory=dict)

    @property
    def page(self) -> Page:
        return self.stage.page

    def open(self, name: str, *, tag: bool = True) -> None:
        """A page of tests/react/server.jsx; ``tag`` says whether the snippet is on it."""
        parts = self.website.pages[name]
        self.component = name.partition(", ")[0]
        self.props = {"marked": "marked" in name}
        if "SNIPPET" in parts[0]:  # where the tag, too, is React's
            self.props["head"] = self.stage.snippet
        script = self.stage.script() if tag else ""
        self.website.shown = [
            part.replace("<!--snippet-->", script).replace("SNIPPET", self.stage.snippet)
            for part in parts
        ]
        self.page.goto(self.address, wait_until="commit")  # some of it may come later
        self.page.wait_for_function("!!window.begin")

    def begin(self, **props: Any) -> None:
        """React takes the page over, and has done so when this returns."""
        given = [self.component, {**self.props, **props}]
        self.page.evaluate("([component, props]) => void begin[component](props)", given)
        self.page.wait_for_function("window.takenOver")

    def hear(self) -> list[str]:
        """The first line of all that the console has heard, which is then forgiven."""
        heard = [noise.partition("\n")[0] for noise in self.stage.noise]
        self.stage.noise.clear()
        return heard


@contextmanager
def react_staged(stage: Stage, built: Path, build: str) -> Iterator[ReactStage]:
    website = Website(pages_of(built), (built / f"{build}.js").read_bytes())
    stage.page.add_init_script(NO_TOOLS)
    with answering(type("_Website", (_Request,), {"website": website})) as server:
        yield ReactStage(stage, website, f"http://127.0.0.1:{server.server_port}", build)
        website.rest.set()
