"""How the caller came to the site, and what they were interested in there."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote

from callweave.domain.interests.patterns import place, place_pattern
from callweave.domain.reading import Node, quoted, shortened
from callweave.domain.routing.conditions.facts import Facts, compare, unknown
from callweave.domain.routing.decisions import Finding
from callweave.domain.visits.addresses import read_address
from callweave.domain.visits.channels import Channel


@dataclass(frozen=True, slots=True)
class StrongestInterest:
    topic: str

    def holds(self, facts: Facts) -> Finding:
        profile = facts.profile
        strongest = profile.strongest_interest
        if strongest is None:
            return Finding(held=False, fact="no interest is known", wanted=self.topic)
        shown = f"{shortened(strongest)} ({profile.weight(strongest):.4g})"
        return Finding(
            held=strongest.casefold() == self.topic.casefold(),
            fact=f"the strongest interest is {shown}",
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
        return compare("channel", facts.profile.channel, self.name)


@dataclass(frozen=True, slots=True)
class Source:
    pattern: str

    @classmethod
    def parse(cls, node: Node) -> Self:
        return cls(node.text())

    def holds(self, facts: Facts) -> Finding:
        return compare("source", facts.profile.source, self.pattern)


@dataclass(frozen=True, slots=True)
class Campaign:
    pattern: str

    @classmethod
    def parse(cls, node: Node) -> Self:
        return cls(node.text())

    def holds(self, facts: Facts) -> Finding:
        return compare("campaign", facts.profile.campaign, self.pattern)


@dataclass(frozen=True, slots=True)
class LandingPage:
    pattern: str

    @classmethod
    def parse(cls, node: Node) -> Self:
        pattern = node.text()
        if "://" in pattern or "?" in pattern:
            node.refuse('write the path alone, such as "/bahamas"')
        elif pattern and not pattern.startswith(("/", "*")):
            node.refuse('a path starts with "/"')
        return cls(pattern)

    def holds(self, facts: Facts) -> Finding:
        address = read_address(facts.profile.landing_page or "")
        if address is None:
            return unknown("landing page", self.pattern)
        return Finding(
            held=place_pattern(self.pattern).matches(place(address.path)),
            fact=f"the landing page is {quoted(unquote(address.path))}",
            wanted=quoted(self.pattern),
        )
