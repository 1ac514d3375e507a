"""How long a carrier waits for a webhook, and when it tries again."""

from dataclasses import dataclass, field, replace
from time import monotonic
from urllib.parse import parse_qsl, urlsplit


class BadOverrideError(ValueError):
    """The fragment of a webhook's address is not one of Twilio's connection overrides."""


@dataclass(frozen=True, slots=True)
class ConnectionRules:
    """Seconds, and what is tried again: `ct` connect trouble, `rt` read timeout, `4xx`, `5xx`.

    Defaults and ranges: www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides.
    """

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})

    def retry(self, trouble: str) -> bool:
        return trouble in self.retry_on or "all" in self.retry_on


@dataclass(frozen=True, slots=True)
class Deadline:
    rules: ConnectionRules
    started: float = field(default_factory=monotonic)

    def passed(self) -> float:
        return monotonic() - self.started

    def left(self) -> float:
        return max(0.0, self.rules.total - self.passed())

    def timeouts(self) -> tuple[float, float]:
        """For connecting and for each read; never 0, which would mean "at once"."""
        left = max(0.05, self.left())
        return min(self.rules.connect, left), min(self.rules.read, left)


def _seconds(name: str, text: str, most: int) -> float:
    if not text.isdecimal() or int(text) not in range(100, most + 1):
        raise BadOverrideError(f"#{name}={text} is not a number of milliseconds from 100 to {most}")
    return int(text) / 1000


def _override(rules: ConnectionRules, name: str, text: str) -> ConnectionRules:
    match name:
        case "ct":
            return replace(rules, connect=_seconds(name, text, 10_000))
        case "rt":
            return replace(rules, read=_seconds(name, text, 15_000))
        case "tt":
            return replace(rules, total=_seconds(name, text, 15_000))
        case "rc" if text in {"0", "1", "2", "3", "4", "5"}:
            return replace(rules, retries=int(text))
        case "rp" if set(text.split(",")) <= {"4xx", "5xx", "ct", "rt", "all"}:
            return replace(rules, retry_on=frozenset(text.split(",")))
        case "sni" | "e":
            return rules
        case _:
            raise BadOverrideError(f"#{name}={text} is no connection override")


def rules_of(url: str) -> ConnectionRules:
    rules = ConnectionRules()
    for name, text in parse_qsl(urlsplit(url).fragment, keep_blank_values=True):
        rules = _override(rules, name, text)
    return rules
