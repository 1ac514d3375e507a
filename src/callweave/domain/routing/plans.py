"""The plan language: ordered rules and a default, in the JSON that docs/plans.md describes."""

from collections import Counter
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from callweave.domain.reading import Invalid, Known, Node, quoted
from callweave.domain.routing.endpoints import Endpoint
from callweave.domain.routing.hours import read_zone
from callweave.domain.routing.targets import Destination, Target, read_targets
from callweave.domain.routing.when import AllOf, read_when
from callweave.domain.routing.whisper import ADDRESS

MOST_ATTEMPTS = 3
MOST_SECONDS = 45  # of ringing before voicemail
SHORTEST_RING, USUAL_RING = 5, 15


class InvalidPlan(Invalid):
    pass


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    when: AllOf
    targets: tuple[Target, ...]
    about: str  # what the call is about, told to the agent; "" if the rule does not say


@dataclass(frozen=True, slots=True)
class Plan:
    zone: ZoneInfo
    ring_seconds: int  # for each attempt
    rules: tuple[Rule, ...]
    default: tuple[Target, ...]


def default_plan(destination: str) -> Plan:
    """For a site without a plan. Raises InvalidEndpoint."""
    target = Destination(Endpoint.parse(destination))
    return Plan(zone=ZoneInfo("UTC"), ring_seconds=MOST_SECONDS, rules=(), default=(target,))


def destinations_of(plan: Plan) -> set[str]:
    """The addresses that the plan names itself, besides its agents'."""
    targets = (*plan.default, *(target for rule in plan.rules for target in rule.targets))
    return {target.endpoint.address for target in targets if isinstance(target, Destination)}


def parse_plan(data: object, *, known: Known | None = None) -> Plan:
    """Raises InvalidPlan with every problem; `known` adds what the account does not have."""
    node = Node(data, known=known or Known())
    node.expect("time_zone", "ring_seconds", "rules", "default")
    plan = Plan(
        zone=read_zone(node["time_zone"]),
        ring_seconds=_read_ring_seconds(node),
        rules=_read_rules(node["rules"]) if "rules" in node else (),
        default=_read_default(node["default"]),
    )
    node.settle(InvalidPlan)
    return plan


def _read_ring_seconds(node: Node) -> int:
    if "ring_seconds" not in node:
        return USUAL_RING
    return node["ring_seconds"].whole_number(SHORTEST_RING, MOST_SECONDS)


def _read_rules(node: Node) -> tuple[Rule, ...]:
    rules = tuple(_read_rule(item) for item in node.items()) if node.value != [] else ()
    for name, count in Counter(rule.name for rule in rules if rule.name).items():
        if count > 1:
            node.refuse(
                f"{count} rules are called {quoted(name)}, so nobody could tell which one decided"
            )
    return rules


def _read_rule(node: Node) -> Rule:
    node.expect("name", "when", "targets", "about")
    return Rule(
        name=node["name"].text(),
        when=read_when(node["when"]),
        targets=read_targets(node["targets"]),
        about=_read_about(node["about"]) if "about" in node else "",
    )


def _read_about(node: Node) -> str:
    about = node.text()
    if ADDRESS.search(about):
        node.refuse("is read aloud to the agent: say it in words, without a web address")
    return about


def _read_default(node: Node) -> tuple[Target, ...]:
    node.expect("targets")
    return read_targets(node["targets"])
