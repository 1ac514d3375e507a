"""A scripted service that answers as Callweave would, and calls to it."""

from collections.abc import Mapping

from callweave.simulator.carrier import (
    Account,
    Carrier,
    Scenario,
    numbers_at,
)
from callweave.simulator.ledger import (
    LedgerCall,
)
from callweave.simulator.people import (
    AddressBook,
    Behaviour,
    Caller,
)
from stand_in_service import TOKEN, Form, Reply, Script, StandIn, stand_in, twiml

TRACKED = "+442079460123"
ANA, BEN = "+441614960001", "+441614960002"
VISITOR = Caller("+447700900123")
LEG = (
    '<Number url="/voice/whisper" statusCallback="/voice/leg" '
    f'statusCallbackEvent="initiated ringing answered completed">{ANA}</Number>'
)
DIAL = f'<Dial answerOnBridge="true" timeout="20" action="/voice/dialled">{LEG}</Dial>'
VOICEMAIL = '<Say>Please leave a message.</Say><Record action="/voice/voicemail" maxLength="60"/>'


def after_dial(form: Form) -> str:
    return twiml("<Hangup/>" if form["DialBridged"] == "true" else VOICEMAIL)


SERVICE: Script = {
    "/voice/ring": twiml(DIAL),
    "/voice/whisper": twiml("<Say>A caller about the Bahamas</Say>"),
    "/voice/dialled": after_dial,
    "/voice/voicemail": twiml("<Hangup/>"),
    "/voice/fallback": twiml(f"<Dial>{BEN}</Dial>"),
}


def ring(service: StandIn, people: Mapping[str, Behaviour], caller: Caller = VISITOR) -> LedgerCall:
    from_carrier = Carrier(
        Account("AC" + "0" * 32, TOKEN),
        numbers_at(service.base, [TRACKED]),
        AddressBook(people),
        scenario=Scenario(run=str(people)),
    )
    return from_carrier.place_call(caller, TRACKED)


def answer(twiml_or_reply: str | Reply, people: Mapping[str, Behaviour]) -> LedgerCall:
    with stand_in({**SERVICE, "/voice/ring": twiml_or_reply}) as service:
        return ring(service, people)
