from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from callweave.domain.interests.patterns import Glob
from callweave.domain.reading import quoted
from callweave.domain.routing.decisions import Finding
from callweave.domain.routing.profile import Profile


@dataclass(frozen=True, slots=True)
class Facts:
    profile: Profile
    now: datetime  # in the plan's zone


class Condition(Protocol):
    def holds(self, facts: Facts) -> Finding: ...


def compare(what: str, value: str | None, pattern: str) -> Finding:
    if not value:
        return unknown(what, pattern)
    return Finding(
        held=Glob.of(pattern.casefold()).matches(value.casefold()),
        fact=f"the {what} is {quoted(value)}",
        wanted=quoted(pattern),
    )


def unknown(what: str, pattern: str) -> Finding:
    return Finding(held=False, fact=f"the {what} is not known", wanted=quoted(pattern))
