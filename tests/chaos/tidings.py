"""Which report a request is, and what the carrier's list has to fill in where it never comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urldefrag, urlsplit

LAST_STATUSES = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
# How long after a call's end the reconciler has to wait for what is late.
GRACE_S = 120.0


@dataclass(frozen=True, slots=True)
class Tidings:
    """``kind`` and ``leg`` as in the address, ``status`` as in the form."""

    kind: str
    leg: str | None
    status: str

    @classmethod
    def of(cls, url: str, form: Mapping[str, str]) -> "Tidings":
        address = urlsplit(urldefrag(url).url)
        leg = parse_qs(address.query).get("leg", [None])[0]
        return cls(address.path.rpartition("/")[2], leg, form.get("CallStatus", ""))

    @property
    def is_of_call(self) -> bool:
        """What is told of a leg does not say enough of its call to make a row."""
        of_leg = self.kind in {"whisper", "recording"}
        return not of_leg and not (self.kind == "status" and self.leg)

    @property
    def ends_leg(self) -> bool:
        return self.kind == "dialled" or (self.kind == "status" and self.status in LAST_STATUSES)

    def repairs(self) -> tuple[str, ...]:
        """The kinds of repair that may be due when this is lost."""
        last = self.status in LAST_STATUSES
        match self.kind:
            case "ring":
                return ("call_missing",)
            case "dialled":  # the only word on a leg that rang the default destination
                return "dial_missing", "leg_missing"
            case "status" if last:
                return ("end_missing",) if self.leg is None else ("leg_missing",)
            case "voicemail" | "recording":  # each tells of the message
                return ("message_missing",)
            case _:
                return ()


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """``at`` in virtual seconds; ``aside``: into the spool and not into the books."""

    tidings: Tidings
    at: float
    aside: bool
