"""The attribution report for a terminal."""

from datetime import date

from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callweave.cli.context import console
from callweave.domain.attribution import MILLION, Model
from callweave.domain.outcomes import format_money
from callweave.storage.accounts import Site
from callweave.storage.calls import Call
from callweave.storage.reports.attribution import (
    AttributionReport,
    Credited,
    Dimension,
    attribution,
)
from callweave.storage.reports.tally import amounts


def print_attribution(session: Session, site_id: str) -> None:
    """Of all calls of a site."""
    site = session.get_one(Site, site_id)
    days = select(func.min(Call.day), func.max(Call.day)).where(Call.site_id == site_id)
    since, until = session.execute(days).one()
    today = date.today()  # noqa: DTZ011  only for a site without calls
    report = attribution(
        session,
        site.account_id,
        site_id=site_id,
        since=since or today,
        until=until or today,
        dimension=Dimension.CHANNEL,
    )
    console.print(attribution_table(report))


def attribution_table(report: AttributionReport) -> Table:
    """Calls and value under each model; conversions are in the page and the CSV."""
    table = Table(title=f"What each {report.dimension.replace('_', ' ')} earned: calls, value")
    table.add_column(report.dimension.replace("_", " ").capitalize())
    for model in Model:
        table.add_column(model.display_name.partition(" (")[0], justify="right")
    for row in report.rows:
        name = row.name or ("(not set)" if row.known else "(no touch known)")
        table.add_row(name, *(_cell(row.by_model[model]) for model in Model))
    table.add_section()
    table.add_row("Total", *(_cell(report.totals[model]) for model in Model), style="bold")
    return table


def _cell(credited: Credited) -> str:
    money = ", ".join(format_money(m.value, m.currency) for m in amounts(credited.value)) or "-"
    return f"{credited.calls / MILLION:.1f}\n{money}"
