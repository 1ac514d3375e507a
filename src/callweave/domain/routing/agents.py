from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from callweave.domain.routing.endpoints import Endpoint
from callweave.domain.routing.hours import WeeklyHours

LOWEST_LEVEL, HIGHEST_LEVEL = 1, 10


@dataclass(frozen=True, slots=True)
class Agent:
    id: str
    name: str
    endpoint: Endpoint
    skills: Mapping[str, int]  # level 1 to 10
    hours: WeeklyHours
    available: bool  # as the agent or a supervisor last said
    busy: bool  # on a call of ours right now: one call at a time
    idle_since: datetime | None  # end of the last call; None: has had no call yet

    def level(self, skill: str) -> int | None:
        """Capital letters do not matter: people type skills by hand."""
        wanted = skill.casefold()
        return max(
            (level for s, level in self.skills.items() if s.casefold() == wanted), default=None
        )

    def absence(self, now: datetime) -> str | None:
        """Why the agent cannot be rung now, in words; None if they can."""
        if not self.available:
            return "not available"
        if not self.hours.open_at(now):
            return "outside working hours"
        return "on another call" if self.busy else None
