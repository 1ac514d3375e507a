"""The whole host is down while a number rings; later it is up again. On both databases."""

import pytest
from click.testing import CliRunner

from callweave.cli import main
from callweave.simulator.line import NumberConfig
from callweave.simulator.people import AddressBook, Answers, Behaviour, Caller, DoesNotAnswer
from callweave.storage.calls import Call, Leg, Repair
from callweave.storage.database import Database
from carrier_rest import exchange
from service import ACCOUNT, CALLER, TOKEN
from shops import FRONT_DESK, NOON, open_shop, tracked

NOWHERE = "http://127.0.0.1:9"
(LINE,) = tracked(1)


@pytest.mark.parametrize(
    ("front_desk", "result", "talked"),
    [(Answers(5, 70), "answered", ["talked"]), (DoesNotAnswer(), "missed", ["no_answer"])],
)
def test_the_caller_reaches_the_default_destination_and_the_call_is_known_afterwards(
    database: Database, database_url: str, front_desk: Behaviour, result: str, talked: list[str]
) -> None:
    open_shop(database)
    people, numbers = AddressBook({FRONT_DESK: front_desk}), {LINE: NumberConfig(NOWHERE)}
    with exchange(numbers, now=lambda: NOON, people=people) as carrier:
        shell = CliRunner(env=environ(database_url, carrier.url))
        pointed = shell.invoke(main, ["numbers", "configure", LINE, "--fallback", "carrier"])
        assert pointed.exit_code == 0, pointed.output
        call = carrier.carrier.place_call(Caller(CALLER), LINE)
        again = shell.invoke(main, ["reconcile", "--since", "9999d"])
    assert again.exit_code == 0, again.output
    with database.reading() as session:
        row = session.query(Call).one()
        assert (row.sid, row.state, row.result) == (call.sid, "ended", result)
        assert (row.rung_at, row.duration_s, row.fell_back) == (NOON, call.duration, True)
        assert [leg.result for leg in session.query(Leg)] == talked
        assert [leg.endpoint for leg in session.query(Leg)] == [FRONT_DESK]
        assert [repair.kind for repair in session.query(Repair)] == ["call_missing"]


def environ(url: str, carrier: str) -> dict[str, str]:
    return {
        "PUBLIC_BASE_URL": NOWHERE,
        "SECRET_KEY": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_API_BASE": carrier,
        "CALLWEAVE_DEFAULT_DESTINATION": FRONT_DESK,
        "DATABASE_URL": url,
    }
