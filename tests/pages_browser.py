"""A browser at the pages: logged in, and nothing that it complains about is overlooked."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Dialog, Page, Request
from sqlalchemy import select

from callweave.domain.outcomes import Disposition
from callweave.storage.accounts import Refusal
from callweave.storage.calls import Call
from callweave.storage.numbers import Pool
from journeys import DIRECT, PAID_CLICK, PASSWORD, Teller
from pages_stage import Stage
from pool_traffic import lent, weeks_of_visits
from shops import NOON

DAY = timedelta(days=1)
_WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
"""


@dataclass  # without slots: playwright keeps notes of its own on whoever listens
class Visit:
    """``noise``: dialogs, errors on the console, requests to other hosts."""

    page: Page
    base: str
    noise: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(_WATCH)
        self.page.on("dialog", self._dialog)
        self.page.on("pageerror", lambda error: self.noise.append(f"error: {error}"))
        self.page.on("console", self._console)
        self.page.on("request", self._request)

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.base}{path}")
        return self.page

    def log_in(self, email: str) -> None:
        self.open("/login")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(f"{self.base}/")

    def violations(self) -> list[str]:
        found: list[str] = self.page.evaluate("window.violations")
        return found

    def _dialog(self, dialog: Dialog) -> None:
        self.noise.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.noise.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in {"127.0.0.1", None}:
            self.noise.append(f"request: {request.url}")


LONG = "lookalike-retargeting-families-with-children-2026-Q4-united-kingdom-and-ireland"
ARABIC = "\u0639\u0637\u0644\u0629 \u0627\u0644\u0628\u0647\u0627\u0645\u0627"
CLICKS = (
    PAID_CLICK,
    DIRECT,
    replace(PAID_CLICK, source="bing", campaign=LONG, term=None),
    replace(PAID_CLICK, source="\u65c5\u884c.example", campaign=ARABIC),
)


def busy_month(stage: Stage) -> Call:
    """Something of everything that the pages show; the call that is given back has the most."""
    with stage.telling() as teller:
        for nth in range(24):
            at = NOON - timedelta(hours=29 * nth)
            visit = teller.visit(teller.visitor(), at - DAY, CLICKS[nth % 4])
            result = ("answered", "missed", "voicemail", "answered")[nth % 4]
            call = teller.call(at, visit if nth % 5 else None, result=result)
            if result == "answered":
                teller.outcome(call, value=50_000 + nth, currency="GBP" if nth % 8 else "EUR")
            elif result == "missed":
                teller.outcome(call, list(Disposition)[1 + nth // 4 % 6], note=LONG)
        for reason in ("bot", "pool_exhausted"):
            row = {"scope": stage.site.id, "day": NOON.date(), "reason": reason, "times": 1840}
            teller.session.add(Refusal(**row))
        return _longest(teller)


def visited_pools(stage: Stage) -> None:
    """One that is much too small, and one whose name is too long for any table."""
    with stage.database.writing() as session:
        main = session.scalars(select(Pool)).one()
        started = weeks_of_visits(NOON, 28, 0.5)
        lent(session, stage.mint, main.id, started, [1800.0])
        long = Pool(id="po_long", site_id=main.site_id, name=LONG[:64], lease_s=60, created_at=NOON)
        session.add(long)


def _longest(teller: Teller) -> Call:
    pages = tuple((f"https://shop.example/bahamas/{nth}", f"Hotel no. {nth}") for nth in range(8))
    visitor = teller.visitor()
    visits = [
        teller.visit(visitor, NOON - nth * DAY, replace(CLICKS[nth % 4], pages=pages))
        for nth in range(14, 0, -1)
    ]
    teller.event(visits[-1], NOON - DAY, "identify", {"email": "ada@example.org"})
    teller.event(visits[-1], NOON - DAY, "tel_click", {"number": "+442079460101"})
    teller.call(NOON - timedelta(minutes=1), result=None, candidates=visits[-3:], caller=None)
    call = teller.call(NOON - timedelta(hours=3), visits[-1])
    teller.outcome(call, Disposition.CALLBACK, note=LONG)
    teller.outcome(call, value=412_500)
    return call
