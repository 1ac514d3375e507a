"""Who is rung: the first rule that holds and finds somebody, else the default, else voicemail."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from callweave.domain.routing.agents import Agent
from callweave.domain.routing.conditions.facts import Facts
from callweave.domain.routing.decisions import (
    Attempt,
    Decision,
    Dial,
    RuleTrace,
    Skipped,
    TargetTrace,
    Trace,
    Voicemail,
)
from callweave.domain.routing.plans import MOST_ATTEMPTS, MOST_SECONDS, Plan
from callweave.domain.routing.profile import Profile
from callweave.domain.routing.targets import Candidate, Target

COMES_BACK = "has a tracking number of ours: the call would only come back"
NOBODY = "nobody whom the plan names can be rung now"
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


def decide(
    plan: Plan,
    profile: Profile,
    agents: Sequence[Agent],
    now: datetime,
    *,
    topic_names: Mapping[str, str] = _NO_NAMES,
    own_numbers: Collection[str] = (),
) -> Decision:
    """`topic_names` has the topics in people's words, for rules that do not say their subject.
    `own_numbers` are tracking numbers, which are never rung: the call would only come back.
    """
    facts = Facts(profile, now.astimezone(plan.zone))
    topic = topic_names.get(profile.strongest_interest or "", "")
    considered: list[RuleTrace] = []
    for rule in plan.rules:
        findings = rule.when.findings(facts)
        held = all(finding.held for finding in findings)
        ringing = _Ringing(plan.ring_seconds, own_numbers)
        ringing.add_all(rule.targets if held else (), agents, now)
        considered.append(RuleTrace(rule.name, held, findings, tuple(ringing.targets)))
        if ringing.attempts:
            trace = Trace(tuple(considered), default=None)
            return Dial(tuple(ringing.attempts), rule.about or topic, trace)
    ringing = _Ringing(plan.ring_seconds, own_numbers)
    ringing.add_all(plan.default, agents, now)
    trace = Trace(tuple(considered), default=tuple(ringing.targets))
    if ringing.attempts:
        return Dial(tuple(ringing.attempts), topic, trace)
    return Voicemail(NOBODY, trace)


@dataclass(slots=True)
class _Ringing:
    """The attempts so far, and what was found for each target on the way."""

    seconds: int
    own_numbers: Collection[str]
    attempts: list[Attempt] = field(default_factory=list)
    targets: list[TargetTrace] = field(default_factory=list)

    def add_all(self, targets: Sequence[Target], agents: Sequence[Agent], now: datetime) -> None:
        for target in targets:
            self.add(target, agents, now)

    def add(self, target: Target, agents: Sequence[Agent], now: datetime) -> None:
        line_up = target.line_up(agents, now)
        rung: list[str] = []
        skipped = list(line_up.skipped)
        for candidate in line_up.candidates:
            reason = self._objection(candidate)
            if reason:
                skipped.append(Skipped(candidate.name, reason))
            else:
                rung.append(candidate.name)
                self.attempts.append(self._attempt(candidate))
        self.targets.append(TargetTrace(target.wanted, tuple(rung), tuple(skipped)))

    def _objection(self, candidate: Candidate) -> str | None:
        if candidate.endpoint.address in self.own_numbers:
            return COMES_BACK
        for attempt in self.attempts:
            if attempt.endpoint == candidate.endpoint.address:
                same = (attempt.agent_id, attempt.name) == (candidate.agent_id, candidate.name)
                return "is rung already" if same else f"has the phone of {attempt.name}"
        if len(self.attempts) == MOST_ATTEMPTS:
            return f"{MOST_ATTEMPTS} attempts are the most before voicemail"
        if (len(self.attempts) + 1) * self.seconds > MOST_SECONDS:
            return f"{MOST_SECONDS} seconds of ringing are the most before voicemail"
        return None

    def _attempt(self, candidate: Candidate) -> Attempt:
        return Attempt(candidate.agent_id, candidate.name, candidate.endpoint.address, self.seconds)
