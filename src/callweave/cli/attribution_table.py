"""The attribution report for a terminal."""

from rich.box import SIMPLE_HEAD
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from callweave.cli.context import console, now
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

# So that six models and a name fit into 80 columns.
_NARROW = {
    Model.FIRST_TOUCH: "First\ntouch",
    Model.LAST_TOUCH: "Last\ntouch",
    Model.LAST_NON_DIRECT: "Last non-\ndirect",
    Model.LINEAR: "Linear",
    Model.POSITION_BASED: "Position\nbased",
    Model.TIME_DECAY: "Time\ndecay",
}


def print_attribution(session: Session, site_id: str) -> None:
    """Of all calls of a site."""
    site = session.get_one(Site, site_id)
    of_site = Call.site_id == site_id
    today = now().date()  # for a site without calls
    report = attribution(
        session,
        site.account_id,
        site_id=site_id,
        since=session.scalar(select(func.min(Call.day)).where(of_site)) or today,
        until=session.scalar(select(func.max(Call.day)).where(of_site)) or today,
        dimension=Dimension.CHANNEL,
    )
    console.print(attribution_table(report))


def attribution_table(report: AttributionReport) -> Table:
    """Calls and value under each model; conversions are in the page and the CSV."""
    dimension = report.dimension.replace("_", " ")
    table = Table(title=f"What each {dimension} earned: calls and value", box=SIMPLE_HEAD)
    table.add_column(dimension.capitalize(), overflow="fold")
    for model in Model:
        table.add_column(_NARROW[model], justify="right")
    for row in report.rows:
        name = row.name or ("(not set)" if row.known else "(no touch known)")
        table.add_row(name, *(_cell(row.by_model[model]) for model in Model))
    table.add_section()
    table.add_row("Total", *(_cell(report.totals[model]) for model in Model), style="bold")
    return table


def _cell(credited: Credited) -> str:
    """Whole pounds are near enough for a terminal; the CSV has the pence."""
    money = [format_money(m.value, m.currency).partition(".")[0] for m in amounts(credited.value)]
    return f"{credited.calls / MILLION:.1f}\n{', '.join(money) or '-'}"
