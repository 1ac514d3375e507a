"""The carrier's REST interface, in the shape of Twilio's, so that Twilio's own client drives it.

Shapes: Twilio's OpenAPI description (api_v2010, studio_v2). What is here is what a service needs
to compare its calls with the carrier's, to buy numbers, to set them up and to give them back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from http import HTTPStatus
from operator import attrgetter
from urllib.parse import urlsplit

from flask import Flask, request

from callweave.simulator.carrier import Carrier
from callweave.simulator.door import Door, RestError, Troubles, not_found
from callweave.simulator.forms import API_VERSION
from callweave.simulator.line import NumberConfig
from callweave.simulator.listing import (
    Lines,
    Listed,
    as_resource,
    listed,
    messages,
    number_sid,
    recording_resource,
)
from callweave.simulator.paging import page
from callweave.simulator.stock import offered, prices, refuse_sale
from callweave.simulator.studio import mount_studio

LONGEST_NAME = 64
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def mount_rest(app: Flask, carrier: Carrier, troubles: Troubles | None = None) -> None:
    troubles = troubles or Troubles()
    door = Door(carrier.account, troubles)
    rest = _Rest(carrier, troubles, Lines(carrier.ledger))
    account = f"/{API_VERSION}/Accounts/<account>"
    for path, method, view in (
        ("Calls.json", "GET", rest.calls),
        ("Calls/<sid>.json", "GET", rest.call),
        ("Calls/<sid>/Recordings.json", "GET", rest.recordings),
        ("IncomingPhoneNumbers.json", "GET", rest.numbers),
        ("IncomingPhoneNumbers/<sid>.json", "GET", rest.number),
        ("IncomingPhoneNumbers/<sid>.json", "POST", rest.configure),
        ("IncomingPhoneNumbers/<sid>.json", "DELETE", rest.release),
        ("AvailablePhoneNumbers/<country>/<kind>.json", "GET", rest.offered),
    ):
        name = f"rest {method} {path}"
        app.add_url_rule(f"{account}/{path}", name, door.guarded(view), methods=[method])
    bought = door.guarded(rest.buy, HTTPStatus.CREATED)
    numbers = f"{account}/IncomingPhoneNumbers.json"
    app.add_url_rule(numbers, "rest buy", bought, methods=["POST"])
    asked_price = door.guarded(prices)
    app.add_url_rule("/v1/PhoneNumbers/Countries/<country>", "rest prices", asked_price)
    mount_studio(app, door)


@dataclass(frozen=True, slots=True)
class _Rest:
    carrier: Carrier
    troubles: Troubles
    lines: Lines

    def calls(self) -> Mapping[str, object]:
        """The newest first; days are whole and UTC."""
        asked = request.args
        first, last = (
            _day(asked.get("StartTime>"), date.min),
            _day(asked.get("StartTime<"), date.max),
        )
        since = datetime.combine(first, time.min, UTC)
        lines = self.lines.newest_first(since)
        found = [line for line in lines if _wanted(line, asked, last) and self._is_there(line)]
        account = self.carrier.account.sid
        return page("calls", found, lambda call: as_resource(call, account), attrgetter("sid"))

    def call(self, sid: str) -> Mapping[str, object]:
        for line in self._of(sid):
            if line.sid == sid and self._is_there(line):
                return as_resource(line, self.carrier.account.sid)
        raise not_found()

    def recordings(self, sid: str) -> Mapping[str, object]:
        """Of messages alone: the ledger does not say which talks were recorded."""
        call, account = self.carrier.ledger.find(sid), self.carrier.account.sid
        if call is None:
            raise not_found()
        resource = partial(recording_resource, call, account_sid=account)
        return page("recordings", messages(call), resource, attrgetter("recording"))

    def _of(self, sid: str) -> Iterable[Listed]:
        """The lines among which one of that name is: of its own call, where it is no leg."""
        found = self.carrier.ledger.find(sid)
        return listed(found) if found else self.lines.newest_first(_EARLIEST)

    def _is_there(self, line: Listed) -> bool:
        """A carrier that is late has only what ended long enough ago."""
        if not self.troubles.lag_s:
            return True
        late = timedelta(seconds=self.troubles.lag_s)
        return line.ended_at is not None and line.ended_at + late <= self.carrier.now()

    def numbers(self) -> Mapping[str, object]:
        wanted = request.args.get("PhoneNumber", "")
        found = [each for each in sorted(self.carrier.numbers) if wanted in each]
        return page("incoming_phone_numbers", found, self._resource, number_sid)

    def number(self, sid: str) -> Mapping[str, object]:
        return self._resource(self._number(sid))

    def configure(self, sid: str) -> Mapping[str, object]:
        number = self._number(sid)
        self.carrier.configure(number, _changed(self.carrier.config_of(number), request.form))
        return self._resource(number)

    def offered(self, country: str, kind: str) -> Mapping[str, object]:
        return offered(country, kind, request.args, self.carrier.numbers)

    def buy(self) -> Mapping[str, object]:
        """What the account has already is set anew, and is no error: so does Twilio."""
        asked = request.form.to_dict()
        number = asked.pop("PhoneNumber", "")
        papers = {name: asked.pop(name, "") for name in ("AddressSid", "BundleSid")}
        if number in self.carrier.numbers:
            before = self.carrier.config_of(number)
        else:
            refuse_sale(number, papers)
            before = NumberConfig("")
        self.carrier.configure(number, _changed(before, asked))
        return self._resource(number)

    def release(self, sid: str) -> None:
        self.carrier.release(self._number(sid))

    def _number(self, sid: str) -> str:
        for number in self.carrier.numbers:
            if number_sid(number) == sid:
                return number
        raise not_found()

    def _resource(self, number: str) -> Mapping[str, object]:
        config, account = self.carrier.config_of(number), self.carrier.account.sid
        sid = number_sid(number)
        return {
            "sid": sid,
            "account_sid": account,
            "friendly_name": config.name or number,
            "phone_number": number,
            "voice_url": config.voice_url,
            "voice_method": "POST",
            "voice_fallback_url": config.voice_fallback_url or "",
            "voice_fallback_method": "POST",
            "status_callback": config.status_callback or "",
            "status_callback_method": "POST",
            "voice_caller_id_lookup": False,
            "voice_application_sid": "",
            "trunk_sid": None,
            "capabilities": {"voice": True, "sms": False, "mms": False, "fax": False},
            "date_created": "Sun, 01 Nov 2026 08:00:00 +0000",
            "date_updated": "Sun, 01 Nov 2026 08:00:00 +0000",
            "api_version": API_VERSION,
            "beta": False,
            "origin": "twilio",
            "status": "in-use",
            "uri": f"/{API_VERSION}/Accounts/{account}/IncomingPhoneNumbers/{sid}.json",
        }


def _wanted(call: Listed, asked: Mapping[str, str], last: date) -> bool:
    day = call.started_at.date()
    return (
        asked.get("ParentCallSid") in {None, call.parent}
        and asked.get("To") in {None, call.to}
        and asked.get("From") in {None, call.from_}
        and asked.get("Status") in {None, call.status}
        and day == _day(asked.get("StartTime"), day)
        and day < last
    )


def _day(text: str | None, otherwise: date) -> date:
    """Of a date or of a time, whose hours do not count."""
    if not text:
        return otherwise
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise RestError(400, 20001, f"{text!r} is not a date") from None


def _changed(config: NumberConfig, form: Mapping[str, str]) -> NumberConfig:
    for name, value in form.items():
        match name:
            case "VoiceUrl" if _is_address(value):
                config = replace(config, voice_url=value)
            case "VoiceFallbackUrl" if _is_address(value) or not value:
                config = replace(config, voice_fallback_url=value or None)
            case "StatusCallback" if _is_address(value) or not value:
                config = replace(config, status_callback=value or None)
            case "FriendlyName" if len(value) <= LONGEST_NAME:
                config = replace(config, name=value)
            case "VoiceMethod" | "VoiceFallbackMethod" | "StatusCallbackMethod" if value == "POST":
                pass
            case _:
                raise RestError(400, 21402, f"this carrier cannot be set to {name}={value}")
    return config


def _is_address(text: str) -> bool:
    return urlsplit(text).scheme in {"http", "https"}
