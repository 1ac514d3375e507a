"""A rule's `when`: conditions that must all hold, with `any` and `not` among them."""

from collections.abc import Sequence
from dataclasses import dataclass

from callweave.domain.reading import Node, either
from callweave.domain.routing.conditions.facts import Condition, Facts
from callweave.domain.routing.conditions.kinds import KINDS
from callweave.domain.routing.decisions import Finding

DEEPEST = 4  # `when` within `any` within `not` ...; what lies deeper, nobody can oversee


@dataclass(frozen=True, slots=True)
class AllOf:
    conditions: tuple[Condition, ...]

    def findings(self, facts: Facts) -> tuple[Finding, ...]:
        return tuple(condition.holds(facts) for condition in self.conditions)

    def holds(self, facts: Facts) -> Finding:
        findings = self.findings(facts)
        return _together(findings, "all of it", held=all(finding.held for finding in findings))


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple[Condition, ...]

    def holds(self, facts: Facts) -> Finding:
        findings = [condition.holds(facts) for condition in self.conditions]
        held = any(finding.held for finding in findings)
        if len({finding.fact for finding in findings}) == 1:
            wanted = either([finding.wanted for finding in findings])
            return Finding(held=held, fact=findings[0].fact, wanted=wanted)
        return _together(findings, "any of it", held=held)


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition

    def holds(self, facts: Facts) -> Finding:
        finding = self.condition.holds(facts)
        return Finding(held=not finding.held, fact=finding.fact, wanted=f"not {finding.wanted}")


def _together(findings: Sequence[Finding], wanted: str, *, held: bool) -> Finding:
    if len(findings) == 1:
        return findings[0]
    return Finding(held=held, fact="; ".join(finding.why for finding in findings), wanted=wanted)


def read_when(node: Node, depth: int = 1) -> AllOf:
    if depth > DEEPEST:
        node.refuse(f"is nested too deeply, at most {DEEPEST} levels can be read")
        return AllOf(())
    keys = list(node.keys(*KINDS, "any", "not", what="condition"))
    if node.value == {}:
        node.refuse("needs at least one condition; what is meant for every call is the default")
    return AllOf(tuple(_read_condition(key, node[key], depth) for key in keys))


def _read_condition(key: str, node: Node, depth: int) -> Condition:
    if key == "not":
        return Not(read_when(node, depth + 1))
    if key == "any":
        return AnyOf(tuple(read_when(item, depth + 1) for item in node.items()))
    return _one_or_any([KINDS[key](item) for item in node.items()])


def _one_or_any(conditions: Sequence[Condition]) -> Condition:
    return conditions[0] if len(conditions) == 1 else AnyOf(tuple(conditions))
