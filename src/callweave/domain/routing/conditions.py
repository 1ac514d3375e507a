"""The kinds of condition that a rule can have, each for one value.

A new kind is one class here, one line in KINDS, a section in docs/plans.md and a test. A list of
values, `any` and `not` are the same for every kind: see when.py.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, Self
from urllib.parse import unquote

from callweave.domain.routing.decisions import Finding
from callweave.domain.routing.hours import DAYS, WHOLE_DAY, Span, Week, read_days, read_spans
from callweave.domain.routing.patterns import matches, path_of
from callweave.domain.routing.profile import Profile
from callweave.domain.routing.reading import Node, quoted, shortened
from callweave.domain.visits.channels import Channel

# The outcomes chapter comes after this one, so its words stand here as well; a test compares them.
DISPOSITIONS = ("won", "lost", "callback", "support", "spam", "wrong_number", "other")


@dataclass(frozen=True, slots=True)
class Facts:
    profile: Profile
    now: datetime  # in the plan's zone


class Condition(Protocol):
    def holds(self, facts: Facts) -> Finding: ...


@dataclass(frozen=True, slots=True)
class StrongestInterest:
    topic: str

    def holds(self, facts: Facts) -> Finding:
        strongest = facts.profile.strongest_interest
        if strongest is None:
            return Finding(held=False, fact="no interest is known", wanted=self.topic)
        return Finding(
            held=strongest.casefold() == self.topic.casefold(),
            fact=f"the strongest interest is {shortened(strongest)} ({facts.profile.weight(strongest):.4g})",
            wanted=self.topic,
        )


@dataclass(frozen=True, slots=True)
class Interest:
    topic: str
    at_least: float

    @classmethod
    def parse(cls, node: Node) -> Self | StrongestInterest:
        topics = node.known.topics
        if isinstance(node.value, str):
            return StrongestInterest(node.choice("topic", topics))
        node.expect("topic", "at_least")
        return cls(node["topic"].choice("topic", topics), node["at_least"].weight())

    def holds(self, facts: Facts) -> Finding:
        weight = facts.profile.weight(self.topic)
        return Finding(
            held=weight >= self.at_least,
            fact=f"interest in {self.topic} is {weight:.4g}",
            wanted=f"at least {self.at_least:.4g}",
        )


@dataclass(frozen=True, slots=True)
class InChannel:
    name: str

    @classmethod
    def parse(cls, node: Node) -> Self:
        return cls(node.choice("channel", list(Channel)))

    def holds(self, facts: Facts) -> Finding:
        return _compare("channel", facts.profile.channel, self.name)


@dataclass(frozen=True, slots=True)
class Source:
    pattern: str

    @classmethod
    def parse(cls, node: Node) -> Self:
        return cls(node.text())

    def holds(self, facts: Facts) -> Finding:
        return _compare("source", facts.profile.source, self.pattern)


@dataclass(frozen=True, slots=True)
class Campaign:
    pattern: str

    @classmethod
    def parse(cls, node: Node) -> Self:
        return cls(node.text())

    def holds(self, facts: Facts) -> Finding:
        return _compare("campaign", facts.profile.campaign, self.pattern)


@dataclass(frozen=True, slots=True)
class LandingPage:
    pattern: str

    @classmethod
    def parse(cls, node: Node) -> Self:
        pattern = node.text()
        if "://" in pattern or "?" in pattern:
            node.refuse(f"write the path alone: {quoted(path_of(pattern))}")
        elif pattern and not pattern.startswith(("/", "*")):
            node.refuse('a path starts with "/"')
        return cls(unquote(pattern))

    def holds(self, facts: Facts) -> Finding:
        page = facts.profile.landing_page
        path = path_of(page) if page else ""
        finding = _compare("landing page", path, self.pattern)
        as_folder = bool(path) and matches(self.pattern, f"{path}/")
        return replace(finding, held=finding.held or as_folder)


@dataclass(frozen=True, slots=True)
class Customer:
    wanted: bool

    @classmethod
    def parse(cls, node: Node) -> Self:
        return cls(node.flag())

    def holds(self, facts: Facts) -> Finding:
        customer = facts.profile.customer
        return Finding(
            held=customer is self.wanted,
            fact=f"the caller is {'' if customer else 'not '}known as a customer",
            wanted="a customer" if self.wanted else "no customer",
        )


@dataclass(frozen=True, slots=True)
class CalledBefore:
    wanted: bool

    @classmethod
    def parse(cls, node: Node) -> Self:
        return cls(node.flag())

    def holds(self, facts: Facts) -> Finding:
        wanted = "an earlier call" if self.wanted else "no earlier call"
        calls = facts.profile.earlier_calls
        if calls is None:
            return Finding(held=False, fact="earlier calls are not known", wanted=wanted)
        return Finding(
            held=bool(calls) is self.wanted, fact=f"earlier calls: {calls}", wanted=wanted
        )


@dataclass(frozen=True, slots=True)
class EarlierOutcome:
    disposition: str

    @classmethod
    def parse(cls, node: Node) -> Self:
        return cls(node.choice("outcome", DISPOSITIONS))

    def holds(self, facts: Facts) -> Finding:
        return _compare("earlier outcome", facts.profile.earlier_outcome, self.disposition)


@dataclass(frozen=True, slots=True)
class Country:
    code: str

    @classmethod
    def parse(cls, node: Node) -> Self:
        code = node.text().upper()
        if code == "UK":
            node.refuse('there is no country "UK": did you mean "GB"?')
        elif code and not re.fullmatch(r"[A-Z]{2}", code):
            node.refuse(f'{quoted(code)} is no country code of two letters such as "GB"')
        return cls(code)

    def holds(self, facts: Facts) -> Finding:
        return _compare("caller's country", facts.profile.country, self.code)


@dataclass(frozen=True, slots=True)
class Time:
    days: frozenset[int]
    spans: tuple[Span, ...]

    @classmethod
    def parse(cls, node: Node) -> Self:
        node.expect("days", "hours")
        if node.value == {}:
            node.refuse('must name "days", "hours" or both')
        days = read_days(node["days"]) if "days" in node else frozenset(range(len(DAYS)))
        return cls(days, read_spans(node["hours"]) if "hours" in node else (WHOLE_DAY,))

    def holds(self, facts: Facts) -> Finding:
        week = Week(tuple(self.spans if day in self.days else () for day in range(len(DAYS))))
        days = " ".join(DAYS[day] for day in sorted(self.days))
        now = facts.now
        return Finding(
            held=week.covers(now),
            fact=f"it is {DAYS[now.weekday()]} {now:%H:%M} in {now.tzinfo}",
            wanted=f"{days} {' '.join(map(str, self.spans))}",
        )


def _compare(what: str, value: str | None, pattern: str) -> Finding:
    if not value:
        return Finding(held=False, fact=f"the {what} is not known", wanted=quoted(pattern))
    return Finding(
        held=matches(pattern, value), fact=f"the {what} is {quoted(value)}", wanted=quoted(pattern)
    )


KINDS: Mapping[str, Callable[[Node], Condition]] = {
    "interest": Interest.parse,
    "channel": InChannel.parse,
    "source": Source.parse,
    "campaign": Campaign.parse,
    "landing_page": LandingPage.parse,
    "customer": Customer.parse,
    "called_before": CalledBefore.parse,
    "earlier_outcome": EarlierOutcome.parse,
    "country": Country.parse,
    "time": Time.parse,
}
