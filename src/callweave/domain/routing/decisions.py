"""What a plan says for one ring, and why: data, which is stored, shown, and rendered elsewhere."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Finding:
    """What a condition found. It is for supervisors and never reaches an agent."""

    held: bool
    fact: str  # "interest in bahamas is 2.4"
    wanted: str  # "at least 1"

    @property
    def why(self) -> str:
        return f"{self.fact}, {self.wanted} wanted"


@dataclass(frozen=True, slots=True)
class Skipped:
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class TargetTrace:
    wanted: str  # "skill bahamas, level 3 or better"
    rung: tuple[str, ...]  # names, in the order of ringing
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class RuleTrace:
    name: str
    held: bool
    findings: tuple[Finding, ...]
    targets: tuple[TargetTrace, ...]  # empty if the rule did not hold


@dataclass(frozen=True, slots=True)
class Trace:
    rules: tuple[RuleTrace, ...]  # those considered, in order; the last one may have decided
    default: tuple[TargetTrace, ...] | None  # None: a rule decided


@dataclass(frozen=True, slots=True)
class Attempt:
    agent_id: str | None  # None: a destination of the plan, nobody in particular
    name: str
    endpoint: str  # an Endpoint's address
    ring_seconds: int


@dataclass(frozen=True, slots=True)
class Dial:
    attempts: tuple[Attempt, ...]  # to be rung one after the other; at least one
    about: str
    trace: Trace

    def __post_init__(self) -> None:
        if not self.attempts:
            raise ValueError("a Dial without attempts would leave the caller in silence")


@dataclass(frozen=True, slots=True)
class Voicemail:
    reason: str
    trace: Trace


Decision: TypeAlias = Dial | Voicemail
