"""A decision in plain sentences, for the call's page and for the dry run of a plan."""

from collections.abc import Iterator
from typing import assert_never

from callweave.domain.routing.decisions import Decision, Dial, RuleTrace, TargetTrace, Voicemail


def explain(decision: Decision) -> list[str]:
    trace = decision.trace
    lines = [line for rule in trace.rules for line in _rule(rule)]
    if trace.default is not None:
        lines.append("No rule decided, so the default applied.")
        lines.extend(line for target in trace.default for line in _target(target))
    return [*lines, _result(decision)]


def _rule(rule: RuleTrace) -> Iterator[str]:
    title = f'Rule "{rule.name}"'
    if not rule.held:
        failed = "; ".join(finding.why for finding in rule.findings if not finding.held)
        yield f"{title} did not hold: {failed}."
        return
    yield f"{title} held: {'; '.join(finding.why for finding in rule.findings)}."
    for target in rule.targets:
        yield from _target(target)
    if not any(target.rung for target in rule.targets):
        yield f"{title} found nobody to ring."


def _target(target: TargetTrace) -> Iterator[str]:
    yield f"Looked for {target.wanted}: {', '.join(target.rung) or 'nobody'}."
    for skipped in target.skipped:
        yield f"{skipped.name} skipped: {skipped.reason}."


def _result(decision: Decision) -> str:
    match decision:
        case Dial():
            ringing = (f"{a.name} ({a.ring_seconds} s)" for a in decision.attempts)
            return f"Rings {', then '.join(ringing)}."
        case Voicemail():
            return f"Voicemail: {decision.reason}."
        case _:
            assert_never(decision)
