import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from callweave.cli.attribution_table import print_attribution
from callweave.cli.context import console, now
from callweave.cli.demo.figures import read_figures
from callweave.cli.demo.running import EMAIL, HISTORY, Stage, running_stage
from callweave.simulator.books import balance
from callweave.simulator.browsing import Shop
from callweave.simulator.carrier import Scenario
from callweave.simulator.demo import load_demo
from callweave.simulator.history import History
from callweave.simulator.traffic import Journey, Traffic

USUAL_CALLS = 120
LIVE_PACE = 0.25  # real seconds for each virtual one, when somebody watches
LIVE_EVERY_S = 20


@click.command()
@click.option(
    "--calls",
    default=USUAL_CALLS,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="How many journeys to play first; most of them end in a call.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    help="Equal seeds draw equal visitors; who is busy when is left to chance.",
)
@click.option(
    "--exit", "then_exit", is_flag=True, help="Stop after them; exit 1 if the books do not balance."
)
@click.option(
    "--database",
    "database_url",
    metavar="URL",
    help="An empty database to use instead of a SQLite file of its own.",
)
def demo(calls: int, seed: int, then_exit: bool, database_url: str | None) -> None:  # noqa: FBT001
    """The whole thread on this machine: a holiday shop, its callers, and who answers.

    Plays journeys of the last 30 days through real HTTP with signed webhooks from a simulated
    carrier, shows what every click earned, and lets you be the next visitor.
    """
    for stopping in (signal.SIGTERM, signal.SIGHUP):  # like Ctrl-C: leave nothing behind
        signal.signal(stopping, lambda *_: sys.exit(0))
    shop = load_demo()
    scenario = Scenario(seed=seed, run=secrets.token_hex(4), pace=LIVE_PACE)
    with _database(database_url) as url, running_stage(shop, url, scenario) as stage:
        journeys = play_history(stage, calls, seed, scenario.run)
        balanced = _report(stage, journeys)
        if then_exit:
            raise SystemExit(0 if balanced else 1)
        with suppress(KeyboardInterrupt):
            _invite(stage)
            _go_on(stage, calls, seed)
        console.print("Stopped.")


def play_history(stage: Stage, count: int, seed: int, run: str = "") -> list[Journey]:
    """The last 30 days, in a minute or less."""
    columns = (
        TextColumn("Playing journeys"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    traffic = _traffic(stage, seed, Scenario(seed=seed, run=run, clock=stage.clock))
    history = History(traffic, stage.travel, now() - HISTORY, now())
    with Progress(*columns, console=console) as progress:
        journeys = list(progress.track(history.play(count), total=count))
    stage.travel(now())
    return journeys


def _traffic(stage: Stage, seed: int, scenario: Scenario | None = None) -> Traffic:
    base = stage.settings.public_base_url
    shop = Shop(
        service=base,
        site=stage.site,
        address=f"{base}/demo/",
        pool=stage.demo.pool.name,
        brochure_number=stage.demo.pool.overflow.e164,
    )
    carrier = stage.carrier_at(scenario) if scenario else stage.carrier
    return Traffic(shop, carrier, stage.api_key, seed, stage.demo.site.currency)


def _report(stage: Stage, journeys: list[Journey]) -> bool:
    """Prints what the clicks earned and whether all books agree; says whether they do."""
    owed = [journey.owed for journey in journeys if journey.owed]
    troubles = [trouble for journey in journeys for trouble in journey.troubles]
    with stage.database.reading() as session:
        print_attribution(session, stage.site)
        figures = read_figures(session)
    ledger = stage.carrier.ledger.calls()
    off = balance(ledger, owed, figures)
    console.print(
        f"The books: {len(ledger)} calls at the carrier, {len(figures.calls)} in the database; "
        f"{len(owed)} outcomes acknowledged, {len(figures.outcomes)} stored.",
        soft_wrap=True,
    )
    for line in (*map(str, off), *troubles):
        console.print(f"  {line}", style="red", markup=False)
    if not off and not troubles:
        console.print("  They balance: every call, outcome and penny.", style="green")
    return not off and not troubles


def _invite(stage: Stage) -> None:
    base = stage.settings.public_base_url
    console.print()
    console.print(f"  The shop     {base}/demo/")
    console.print(f"  The reports  {base}/")
    console.print(f"  Log in as    {EMAIL}  password  {stage.password}")
    console.print()
    click.echo("Visits and calls go on until you press Ctrl-C.")


def _go_on(stage: Stage, first: int, seed: int) -> None:
    """One journey after the other, at the speed of life, or nearly."""
    traffic = _traffic(stage, seed)
    while True:
        time.sleep(LIVE_EVERY_S)
        traffic.play_one(first)
        first += 1


@contextmanager
def _database(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="callweave-demo-") as folder:
        yield f"sqlite:///{Path(folder) / 'demo.sqlite3'}"
