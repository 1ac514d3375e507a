"""Which clicks earned the calls, by six models at once."""

from enum import StrEnum
from typing import TypeVar

from flask import Response, abort, render_template, request
from sqlalchemy.orm import Session

from callweave.domain.attribution import MILLION, Model
from callweave.storage.accounts import sites_of
from callweave.storage.reports.attribution import AttributionReport, Dimension, attribution
from callweave.web.auth import current_person
from callweave.web.extensions import parts
from callweave.web.pages.asking import Asked, asked_for
from callweave.web.pages.comparison import Measure, compare, csv_table
from callweave.web.pages.downloads import csv_download

DIMENSIONS = {
    Dimension.CHANNEL: "Channel",
    Dimension.SOURCE: "Source",
    Dimension.CAMPAIGN: "Campaign",
    Dimension.KEYWORD: "Keyword",
    Dimension.LANDING_PAGE: "Landing page",
}
MEASURES = {Measure.VALUE: "Value", Measure.CONVERSIONS: "Conversions", Measure.CALLS: "Calls"}


def page() -> str:
    with parts().database.reading() as session:
        asked, report = _asked(session)
    earned = report.totals[_ANY].amounts
    measure = _choice(Measure, "measure", Measure.VALUE if earned else Measure.CALLS)
    currency = _compared_in(report, asked.currency)
    kept = {"by": report.dimension.value, "measure": request.args.get("measure")}
    attributed = sum(row.by_model[_ANY].calls for row in report.rows) // MILLION
    return render_template(
        "attribution.html",
        asked=asked,
        dimensions=DIMENSIONS,
        measures=MEASURES,
        dimension=report.dimension,
        measure=measure,
        currency=currency,
        several=len(earned) > 1,
        kept=kept,
        table=compare(report, measure, currency),
        lookback=_lookback(asked),
        waiting=report.calls - attributed,
        calls=report.calls,
        download=asked.url("attribution_csv", kept),
    )


def csv() -> Response:
    with parts().database.reading() as session:
        asked, report = _asked(session)
    header, rows = csv_table(report)
    scope = asked.scope
    return csv_download(f"attribution-{report.dimension}-{scope.since}-{scope.until}", header, rows)


# Every model shares out the same calls, so any of them tells how many there are.
_ANY = Model.LAST_TOUCH
_E = TypeVar("_E", bound=StrEnum)


def _asked(session: Session) -> tuple[Asked, AttributionReport]:
    person = current_person()
    sites = sites_of(session, person.account_id)
    asked = asked_for(request.args, person.account_id, sites, parts().clock())
    report = attribution(
        session,
        person.account_id,
        site_id=asked.scope.site_id,
        since=asked.scope.since,
        until=asked.scope.until,
        dimension=_choice(Dimension, "by", Dimension.CHANNEL),
    )
    return asked, report


def _lookback(asked: Asked) -> str:
    days = {site.lookback_days for site in ([asked.site] if asked.site else asked.sites)}
    return " or ".join(f"{number} days" for number in sorted(days))


def _choice(choices: type[_E], name: str, usual: _E) -> _E:
    """400 for what is not offered."""
    asked = request.args.get(name)
    if asked and asked not in set(choices):
        abort(400)
    return choices(asked) if asked else usual


def _compared_in(report: AttributionReport, of_site: str | None) -> str:
    """The site's currency, unless nothing was earned in it."""
    earned = [sum_.currency for sum_ in report.totals[_ANY].amounts]
    if of_site and (of_site in earned or not earned):
        return of_site
    return earned[0] if earned else "USD"
