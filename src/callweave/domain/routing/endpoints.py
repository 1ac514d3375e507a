"""Where a call can be sent: a phone number, a SIP address or a browser client."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class EndpointKind(StrEnum):
    NUMBER = "number"
    SIP = "sip"
    CLIENT = "client"


# A SIP address may name its port and transport and nothing more: headers and other parameters
# would let whoever edits a plan speak to the carrier. Twilio's client identities are letters,
# digits and underscores.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PATTERNS = {
    EndpointKind.NUMBER: re.compile(r"\+[1-9][0-9]{6,14}"),
    EndpointKind.SIP: re.compile(
        rf"sips?:[a-z0-9._+-]{{1,64}}@{_LABEL}(?:\.{_LABEL}){{0,9}}(?::[0-9]{{2,5}})?"
        r"(?:;transport=(?:udp|tcp|tls))?",
        re.IGNORECASE | re.ASCII,
    ),
    EndpointKind.CLIENT: re.compile(r"client:[A-Za-z0-9_]{1,100}"),
}

# Numbers that charge whoever rings them: the ITU's worldwide range, North America's and Britain's.
_PREMIUM_RATE = ("+979", "+1900", "+449")


class InvalidEndpoint(ValueError):  # noqa: N818 -- named like InvalidPlan beside it
    """The message is for whoever typed the endpoint."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    address: str  # "+442079460000", "sip:ana@pbx.example", "client:ana"

    @classmethod
    def parse(cls, text: str) -> Self:
        _kind_of(text)
        if text.startswith(_PREMIUM_RATE):
            raise InvalidEndpoint("a premium-rate number cannot be rung")
        return cls(text)

    @property
    def kind(self) -> EndpointKind:
        return _kind_of(self.address)

    def __str__(self) -> str:
        return self.address


def _kind_of(text: str) -> EndpointKind:
    for kind, pattern in _PATTERNS.items():
        if pattern.fullmatch(text):
            return kind
    raise InvalidEndpoint(_refusal(text))


def _refusal(text: str) -> str:
    bare = re.sub(r"[\s().-]", "", text)
    if _PATTERNS[EndpointKind.NUMBER].fullmatch(bare):
        return f'write the phone number without spaces or signs: "{bare}"'
    return (
        'must be a phone number with its country such as "+442079460000", '
        'a SIP address such as "sip:ana@pbx.example", or a client such as "client:ana"'
    )
