import json
import re
from datetime import datetime, timedelta

import click

from callweave.cli.context import console, database, intake_of, now, settings
from callweave.reconciliation import Repairs, reconcile
from callweave.reconciliation.keeping_up import keep_up
from callweave.settings import Settings
from callweave.storage.database import Database
from callweave.telephony.carrier import CarrierApi, CarrierError
from callweave.worker import Compare

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Span(click.ParamType[timedelta]):
    name = "span"

    def convert(
        self, value: object, _param: click.Parameter | None, _ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"([1-9][0-9]{0,3})([mhd])", str(value))
        if not found:
            self.fail(f"{value!r} is not a span such as 90m, 48h or 7d")
        return timedelta(**{_UNITS[found[2]]: int(found[1])})


@click.command(name="reconcile")
@click.option("--since", type=Span(), default="48h", show_default=True, help="90m, 48h, 7d.")
@click.option("--json", "as_json", is_flag=True)
def reconcile_once(since: timedelta, as_json: bool) -> None:  # noqa: FBT001  a flag of the command line
    """Compare our calls with the carrier's list once, and fill in what never arrived.

    `callweave worker` does so every minute, from where it stood. This is for whoever does not want
    to wait for it. Calls that ended in the last two minutes are left: their reports may be on the
    way.
    """
    chosen, moment = settings(), now()
    with database() as found:
        try:
            repaired = reconcile(
                intake_of(chosen, found), carrier_of(chosen), moment - since, moment
            )
        except CarrierError as error:
            raise click.ClickException(str(error)) from None
    if as_json:
        told = {"calls": repaired.compared, "repairs": repaired.by_kind}
        click.echo(json.dumps({**told, "unreadable": repaired.unreadable}, indent=2))
    else:
        console.print(_in_words(repaired), markup=False)


def comparing(chosen: Settings, found: Database) -> Compare:
    intake = intake_of(chosen, found)
    carrier = carrier_of(chosen)

    def compare(now: datetime) -> Repairs:
        return keep_up(intake, carrier, now)

    return compare


def carrier_of(chosen: Settings) -> CarrierApi:
    return CarrierApi(
        chosen.twilio_account_sid, chosen.twilio_auth_tokens[0], chosen.twilio_api_base
    )


def _in_words(repaired: Repairs) -> str:
    kinds = [f"  {count:6}  {kind}" for kind, count in sorted(repaired.by_kind.items())]
    found = [". Repaired:", *kinds] if kinds else [", nothing to repair."]
    left = [f"{repaired.unreadable} could not be compared; the log says which, and why."]
    lines = [f"{repaired.compared} calls compared" + found[0], *found[1:]]
    return "\n".join(lines + (left if repaired.unreadable else []))
