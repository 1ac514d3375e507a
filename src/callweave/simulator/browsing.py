"""A visitor's browser, as far as the service sees one: page views, a tap on the number."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from callweave.simulator.visitors import Page, Visit

TIMEOUT = (5, 20)
_BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)


@dataclass(frozen=True, slots=True)
class Shop:
    """`site`: its public key. `address`: where the shop is, `http://127.0.0.1:8000/demo/`."""

    service: str
    site: str
    address: str
    pool: str
    brochure_number: str

    @property
    def origin(self) -> str:
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class Shown:
    """The number on the page, and how it was assigned."""

    e164: str
    assignment: str


@dataclass(slots=True)
class Browser:
    """Remembers its visitor and visit, like the snippet in it, and what went wrong."""

    shop: Shop
    consent: str
    session: requests.Session
    visitor: str | None = None
    visit: str | None = None
    shown: Shown | None = None
    troubles: list[str] = field(default_factory=list)

    def read(self, visit: Visit) -> None:
        referrer = visit.entrance.referrer or ""
        query = visit.entrance.query
        for page in visit.pages:
            url = f"{self.shop.address}{page.path}" + (f"?{query}" if query else "")
            self._announce(page, url, referrer)
            referrer, query = url, ""
        self.session.close()  # of its connections: thousands of visitors would keep thousands

    def tap_number(self) -> None:
        if self.visit and self.shown:
            tap = {"type": "tel_click", "number": self.shown.e164, "at": _now()}
            self._post(f"/v1/visits/{self.visit}/events", {"events": [tap]})

    def _announce(self, page: Page, url: str, referrer: str) -> None:
        answer = self._post(
            "/v1/visits",
            {
                "site": self.shop.site,
                "visitor": self.visitor,
                "visit": self.visit,
                "consent": self.consent,
                "page": {"url": url, "referrer": referrer, "title": page.title},
                "numbers_wanted": [self.shop.pool],
                "tz": "Europe/London",
                "language": "en-GB",
            },
        )
        match answer:
            case {"visitor": visitor, "visit": visit, "numbers": [{**number}, *_]}:
                self.visitor, self.visit = visitor, visit
                self.shown = Shown(str(number.get("e164")), str(number.get("assignment")))
            case None:
                pass
            case _:
                self.troubles.append("/v1/visits: an answer without visit and numbers")

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        try:
            answer = self.session.post(f"{self.shop.service}{path}", json=body, timeout=TIMEOUT)
            answer.raise_for_status()
            return answer.json() if answer.content else None
        except requests.RequestException as problem:
            self.troubles.append(f"{path.partition('/vs_')[0]}: {type(problem).__name__}")
            return None


@contextmanager
def browser(shop: Shop, consent: str) -> Iterator[Browser]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update({"User-Agent": _BROWSER, "Origin": shop.origin})
        yield Browser(shop, consent, session)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
