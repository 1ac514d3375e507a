import re
from dataclasses import dataclass
from typing import Self

from callweave.domain.reading import Node, quoted
from callweave.domain.routing.conditions.facts import Facts, compare
from callweave.domain.routing.decisions import Finding

# The outcomes chapter comes after this one, so its words stand here as well; a test compares them.
DISPOSITIONS = ("won", "lost", "callback", "support", "spam", "wrong_number", "other")


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
        return compare("earlier outcome", facts.profile.earlier_outcome, self.disposition)


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
        return compare("caller's country", facts.profile.country, self.code)
