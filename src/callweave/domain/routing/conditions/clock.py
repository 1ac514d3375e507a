from dataclasses import dataclass
from typing import Self

from callweave.domain.reading import Node
from callweave.domain.routing.conditions.facts import Facts
from callweave.domain.routing.decisions import Finding
from callweave.domain.routing.hours import DAYS, WHOLE_DAY, Span, Week, read_days, read_spans


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
