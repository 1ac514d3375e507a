import csv
import secrets
from pathlib import Path

import click
from rich.progress import track

from callweave.cli.context import console
from callweave.simulator.browsing import Shop
from callweave.simulator.carrier import Account, Carrier, Scenario, numbers_at
from callweave.simulator.faults import USUAL
from callweave.simulator.ledger import LedgerCall, write_json_lines
from callweave.simulator.people import AddressBook, Temperament
from callweave.simulator.traffic import Traffic

# What is to be set on the numbers of a carrier whose answers get lost.
TRIED_AGAIN = "#ct=2000&rt=5000&rc=1&rp=all"


@click.command()
@click.argument("service", metavar="URL")
@click.option("--site", required=True, help="The site's key, st_...")
@click.option("--shop", required=True, help="The site's address, of an allowed origin: https://...")
@click.option("--pool", default="main", show_default=True)
@click.option(
    "--numbers",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='CSV with a column "number": the tracked numbers.',
)
@click.option(
    "--calls",
    default=20,
    show_default=True,
    type=click.IntRange(1, 100_000),
    help="How many journeys to play.",
)
@click.option("--seed", default=1, show_default=True, help="Equal seeds play equal journeys.")
@click.option("--at-once", default=4, show_default=True, type=click.IntRange(1, 64))
@click.option("--account-sid", envvar="TWILIO_ACCOUNT_SID", required=True)
@click.option("--auth-token", envvar="TWILIO_AUTH_TOKEN", required=True)
@click.option("--api-key", envvar="CALLWEAVE_API_KEY", required=True, help="To record outcomes.")
@click.option(
    "--faults",
    is_flag=True,
    help="Lose answers, repeat, delay, reorder and drop what the carrier sends, by the seed.",
)
@click.option(
    "--ledger",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what every caller heard, one JSON object a line.",
)
def simulate(  # noqa: PLR0913, PLR0917  each is something that the service was given
    service: str,
    site: str,
    shop: str,
    pool: str,
    numbers: Path,
    calls: int,
    seed: int,
    at_once: int,
    account_sid: str,
    auth_token: str,
    api_key: str,
    *,
    faults: bool,
    ledger: Path | None,
) -> None:
    """Be the visitors and the carrier of the Callweave at URL: real HTTP, signed webhooks.

    For a test installation: the visits and calls are made up, the rows that they leave are real.
    Exits 1 if a caller reached nobody, or anything failed.
    """
    with numbers.open(encoding="utf-8-sig", newline="") as lines:
        tracked = [row["number"] for row in csv.DictReader(lines) if row.get("number")]
    if not tracked:
        raise click.ClickException(f'{numbers} has no numbers in a column "number"')
    carrier = Carrier(
        Account(account_sid, auth_token),
        numbers_at(service, tracked, TRIED_AGAIN if faults else ""),
        AddressBook(otherwise=Temperament()),
        scenario=Scenario(seed=seed, run=secrets.token_hex(4), faults=USUAL if faults else None),
    )
    place = Shop(service.rstrip("/"), site, shop, pool, brochure_number=tracked[-1])
    traffic = Traffic(place, carrier, api_key, seed)
    journeys = track(traffic.play(calls, at_once), "Playing journeys", total=calls, console=console)
    troubles = [trouble for journey in journeys for trouble in journey.troubles]
    heard = carrier.ledger.calls()
    if ledger:
        write_json_lines(heard, ledger)
    raise SystemExit(0 if _told(heard, troubles) else 1)


def _told(calls: tuple[LedgerCall, ...], troubles: list[str]) -> bool:
    """Prints who was reached; says whether all went well."""
    for reached in sorted({call.reached for call in calls}):
        console.print(f"{sum(call.reached == reached for call in calls):6}  {reached}")
    breaches = [f"{call.sid}: {breach.what}" for call in calls for breach in call.breaches]
    for line in (*breaches, *troubles):
        console.print(f"  {line}", style="red", markup=False)
    return not breaches and not troubles
