"""Decisions as JSON: they are stored with their call, and read again to show why it went there."""

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from callweave.domain.routing.decisions import (
    Attempt,
    Decision,
    Dial,
    Finding,
    RuleTrace,
    Skipped,
    TargetTrace,
    Trace,
    Voicemail,
)


def decision_to_data(decision: Decision) -> dict[str, object]:
    made: Any = type(decision)
    kind = "dial" if isinstance(decision, Dial) else "voicemail"
    return {"kind": kind} | _data(decision, _names(made))


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    made: Any = type(value)
    names = _names(made)
    return _data(value, names) if names else value


def _data(value: object, names: tuple[str, ...]) -> dict[str, object]:
    return {name: _plain(getattr(value, name)) for name in names}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    """Of a dataclass's fields; of anything else none."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def decision_from_data(data: object) -> Decision:
    """Raises ValueError for what `decision_to_data` did not write."""
    match data:
        case {"kind": "dial", "attempts": list(attempts), "about": str(about), "trace": trace}:
            return Dial(tuple(map(_attempt, attempts)), about, _trace(trace))
        case {"kind": "voicemail", "reason": str(reason), "trace": trace}:
            return Voicemail(reason, _trace(trace))
        case _:
            raise ValueError("this is no decision")


def _attempt(data: object) -> Attempt:
    match data:
        case {
            "agent_id": str() | None as agent_id,
            "name": str(name),
            "endpoint": str(endpoint),
            "ring_seconds": int(ring_seconds),
        }:
            return Attempt(agent_id, name, endpoint, ring_seconds)
        case _:
            raise ValueError("this is no attempt")


def _trace(data: object) -> Trace:
    match data:
        case {"rules": list(rules), "default": None}:
            return Trace(tuple(map(_rule, rules)), None)
        case {"rules": list(rules), "default": list(default)}:
            return Trace(tuple(map(_rule, rules)), tuple(map(_target, default)))
        case _:
            raise ValueError("this is no trace")


def _rule(data: object) -> RuleTrace:
    match data:
        case {
            "name": str(name),
            "held": bool(held),
            "findings": list(findings),
            "targets": list(targets),
        }:
            return RuleTrace(
                name, held, tuple(map(_finding, findings)), tuple(map(_target, targets))
            )
        case _:
            raise ValueError("this is no trace of a rule")


def _finding(data: object) -> Finding:
    match data:
        case {"held": bool(held), "fact": str(fact), "wanted": str(wanted)}:
            return Finding(held, fact, wanted)
        case _:
            raise ValueError("this is no finding")


def _target(data: object) -> TargetTrace:
    match data:
        case {"wanted": str(wanted), "rung": list(rung), "skipped": list(skipped)}:
            return TargetTrace(wanted, tuple(map(str, rung)), tuple(map(_skipped, skipped)))
        case _:
            raise ValueError("this is no trace of a target")


def _skipped(data: object) -> Skipped:
    match data:
        case {"name": str(name), "reason": str(reason)}:
            return Skipped(name, reason)
        case _:
            raise ValueError("this is no skipped agent")
