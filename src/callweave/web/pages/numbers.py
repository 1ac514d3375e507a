"""Pools: who gets a number of their own, and how many numbers it takes."""

from collections.abc import Mapping, Sequence
from datetime import date

from flask import Response, abort, render_template, request, url_for
from sqlalchemy.orm import Session

from callweave.domain.leases.advice import Advice
from callweave.domain.leases.planning import PoolSize
from callweave.storage.accounts import Site, sites_of
from callweave.storage.reports.pool_use import PoolUse, pool_use
from callweave.storage.reports.pools import DAYS, Got, PoolLine, pool_lines
from callweave.web.auth import current_person
from callweave.web.extensions import parts
from callweave.web.pages.curve import drawn
from callweave.web.pages.downloads import csv_download
from callweave.web.pages.formats import day as day_name
from callweave.web.pages.pool_expected import UNITS, Expected, as_typed, read_expected
from callweave.web.pages.pool_question import PoolQuestion, advised, read_question
from callweave.web.pages.pool_words import (
    KIND,
    LATER,
    about,
    asked,
    csv_table,
    exactly,
    held_back,
    percent,
    really,
    really_with,
    reservations,
    rush,
    shown_again,
    stands_on,
    understood,
)

_WORDS = {
    "about": about,
    "asked": asked,
    "days": DAYS,
    "exactly": exactly,
    "held_back": held_back,
    "kinds": KIND,
    "later": LATER,
    "percent": percent,
    "really": really,
    "really_with": really_with,
    "rush": rush,
    "units": UNITS,
    "understood": understood,
}


def page() -> str:
    now = parts().clock()
    with parts().database.reading() as session:
        sites, lines = _lines(session)
        chosen = _chosen(lines)
        use = pool_use(session, chosen, now) if chosen else None
    question, expected = _asked(_currency(sites, chosen))
    advice = None
    if chosen and use:
        advice = advised(use.arrivals, use.held_s, question.share, chosen.numbers)
    return render_template(
        "numbers.html",
        sites=sites,
        site=request.args.get("site") or None,
        lines=lines,
        chosen=chosen,
        question=question,
        expected=expected,
        example=as_typed(use) if use else None,
        use=use,
        advice=advice,
        curve=drawn(advice, _really(use)) if advice and use else None,
        again=_shown_again(advice, chosen.numbers) if advice and chosen else [],
        stands_on=stands_on(use) if use else "",
        reservations=list(reservations(use)) if use else [],
        chart=_chart(use.days) if use else None,
        of=_address,
        **_WORDS,
    )


def csv() -> Response:
    with parts().database.reading() as session:
        _, lines = _lines(session)
    header, rows = csv_table(lines)
    today = parts().clock().date()
    return csv_download(f"numbers-{today}", header, rows)


def _lines(session: Session) -> tuple[list[Site], list[PoolLine]]:
    """All sites, and the pools of the one that was asked for; 404 for a site of somebody else."""
    sites = sites_of(session, current_person().account_id)
    asked = request.args.get("site") or None
    shown = [site for site in sites if asked in (None, site.id)]
    if asked and not shown:
        abort(404)
    return sites, pool_lines(session, shown, parts().clock())


def _chosen(lines: Sequence[PoolLine]) -> PoolLine | None:
    """The busiest of those that lend, unless one was asked for; 404 for one that is not there."""
    lending = [line for line in lines if line.lends]
    asked = request.args.get("pool")
    if asked:
        return next((line for line in lending if line.id == asked), None) or abort(404)
    return max(lending, key=lambda line: line.got.visits, default=None)


def _asked(currency: str) -> tuple[PoolQuestion, Expected]:
    """Of a pool that is there, and of one that is only expected. What was typed wrong for that one
    is said beside it, and changes nothing of the other.
    """
    typed = read_question(request.args, currency)
    expected = read_expected(request.args, typed)
    return read_question({}, currency) if expected.problems else typed, expected


def _currency(sites: Sequence[Site], chosen: PoolLine | None) -> str:
    """That of the site which is looked at, or of the first one of the account."""
    asked = [site for site in sites if site.id == request.args.get("site")]
    found = [chosen.site] if chosen else asked or sites
    return found[0].currency if found else "USD"


def _address(endpoint: str, **more: str | None) -> str:
    """Another view of the numbers, with the question that was asked."""
    kept = {name: request.args.get(name) for name in ("site", "share", "price", "currency")}
    asked = {name: value or None for name, value in {**kept, **more}.items()}
    return url_for(f"pages.{endpoint}", **asked)  # type: ignore[arg-type]  # None is left out


def _really(use: PoolUse) -> PoolSize | None:
    """None where what happened belongs to no size."""
    share, numbers = use.got.share, use.size.mostly
    return None if share is None or numbers is None else PoolSize(numbers, share)


def _shown_again(advice: Advice, today: int) -> list[str]:
    """Of today's numbers, and of as many as it would take."""
    sizes = {today: advice.again_today_s, advice.numbers: advice.again_s}
    return [*filter(None, (shown_again(*each) for each in sizes.items())), LATER]


def _chart(days: Sequence[tuple[date, Got]]) -> Mapping[str, object]:
    """As pages.js draws the calls of each day."""
    series = [
        {"label": label, "colour": colour, "values": values}
        for label, colour, values in (
            ("Number of their own", "--answered", [got.exclusive for _, got in days]),
            ("Shared number", "--voicemail", [got.shared + got.stand_in for _, got in days]),
            ("Pages without a number", "--missed", [got.turned_away for _, got in days]),
            ("Held back", "--open", [got.held_back for _, got in days]),
        )
        if any(values) or label.startswith("Number")
    ]
    return {
        "kind": "calls",
        "days": [str(day) for day, _ in days],
        "dayLabels": [day_name(day) for day, _ in days],
        "series": series,
    }
