import re
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import requests
import standardwebhooks
from urllib3.exceptions import NewConnectionError

from callweave.domain.facts import Answer, Delivered, Failed, Gone, Refused
from callweave.integrations.destination import Errand
from callweave.integrations.webhook.addresses import (
    NotAllowedError,
    NotReachableError,
    Place,
    Resolve,
    addresses_of,
    read_place,
    resolve_by_system,
)
from callweave.integrations.webhook.line import Line, Patience

PATIENCE = Patience(connect_s=5, silence_s=15, answer_s=20)
_SECRET_BYTES = 32
_SECONDS = re.compile("[0-9]{1,6}")  # of Retry-After; its dates are rare and left out
# A name with two families of addresses, one of which leads nowhere, is common.
_MOST_ADDRESSES = 3


@dataclass(frozen=True, slots=True)
class Webhook:
    resolve: Resolve = resolve_by_system
    patience: Patience = PATIENCE

    def problem(self, address: str, *, allow_private: bool) -> str | None:
        try:
            place = read_place(address, allow_private=allow_private)
            addresses_of(place, self.resolve, allow_private=allow_private)
        except (NotAllowedError, NotReachableError) as error:
            return str(error)
        return None

    def make_secret(self, entropy: Callable[[int], bytes]) -> str:
        return "whsec_" + b64encode(entropy(_SECRET_BYTES)).decode()

    def deliver(self, errand: Errand, now: datetime) -> Answer:
        try:
            place = read_place(errand.address, allow_private=errand.allow_private)
            found = addresses_of(place, self.resolve, allow_private=errand.allow_private)
            status, retry_after = self._post(place, found, errand, now)
        except NotAllowedError as error:
            return Refused(str(error))
        except NotReachableError as error:
            return Failed(str(error))
        except requests.RequestException as error:
            return Failed(_in_words(error))
        return _read(status, retry_after)

    def _post(
        self, place: Place, addresses: list[str], errand: Errand, now: datetime
    ) -> tuple[int, str | None]:
        """The next address is only called if nobody was there at the one before."""
        headers, body = _signed(errand, now), errand.body.encode()
        *others, last = addresses[:_MOST_ADDRESSES]
        for address in others:
            try:
                return Line(place, address, self.patience).post(body, headers)
            except requests.ConnectionError as error:
                if not _nobody_there(error):
                    raise
        return Line(place, last, self.patience).post(body, headers)


def _signed(errand: Errand, now: datetime) -> dict[str, str]:
    signing = standardwebhooks.Webhook(errand.secret)
    return {
        "Content-Type": "application/json",
        "User-Agent": "Callweave",
        "webhook-id": errand.fact_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signing.sign(errand.fact_id, now, errand.body),
    }


def _read(status: int, retry_after: str | None) -> Answer:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Delivered()
    if status == HTTPStatus.GONE:
        return Gone("answered 410 Gone")
    found = _SECONDS.fullmatch(retry_after or "")
    return Failed(f"answered {status}", timedelta(seconds=int(found[0]) if found else 0))


def _nobody_there(error: requests.ConnectionError) -> bool:
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)


def _in_words(error: requests.RequestException) -> str:
    """Without the address, which may hold a token."""
    match error:
        case requests.ConnectionError() if _nobody_there(error):
            return "nobody is there"
        case requests.Timeout():
            return "did not answer in time"
        case requests.exceptions.SSLError():
            return f"no trusted connection: {_distrust(error)}"
        case _:
            return "the connection ended without an answer"


def _distrust(error: BaseException | None) -> str:
    while error:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = error.__cause__ or error.__context__
    return "it does not speak TLS as we do"
