import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from callweave.simulator.ledger import HungUp, Ledger, LedgerCall, Reached, Said, as_json
from callweave.simulator.people import Side

CALL = LedgerCall("CA1", "+447700900123", "+442079460123", datetime(2026, 11, 22, tzinfo=UTC))


def test_a_call_grows_while_it_lasts() -> None:
    ledger = Ledger()
    ledger.write(CALL)
    ledger.write(replace(CALL, entries=(Said(1.0, "hello"),)))
    assert ledger.find("CA1") == replace(CALL, entries=(Said(1.0, "hello"),))
    assert len(ledger.calls()) == 1


def test_the_page_of_a_finished_call_is_closed() -> None:
    ledger = Ledger()
    ledger.write(replace(CALL, over=True))
    with pytest.raises(ValueError, match="CA1 is over"):
        ledger.write(CALL)


def test_a_call_reads_as_json() -> None:
    call = replace(CALL, entries=(Said(1.5, "grüezi"),), reached=Reached.VOICEMAIL)
    read = json.loads(json.dumps(as_json(call)))
    assert read["from"] == "+447700900123"
    assert read["entries"] == [{"what": "Said", "at": 1.5, "text": "grüezi"}]
    assert read["reached"] == "voicemail"


@pytest.mark.parametrize(
    ("by", "reached", "gave_up"),
    [
        (Side.CALLER, Reached.NOBODY, True),
        (Side.CALLER, Reached.PERSON, False),
        (Side.CALLEE, Reached.NOBODY, False),
    ],
)
def test_giving_up_is_leaving_before_anyone_is_there(
    by: Side, reached: Reached, *, gave_up: bool
) -> None:
    call = replace(CALL, entries=(HungUp(9.0, by),), reached=reached)
    assert call.caller_gave_up is gave_up
