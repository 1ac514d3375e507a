"""What waits in a spool, and who takes it in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from callweave.intake import Webhook
from callweave.spool.records import Kept


class Taker(Protocol):
    """Whoever takes in what was kept. All but ``is_well`` raise the database's trouble."""

    def take(self, hook: Webhook, given: str | None) -> None: ...

    def set_aside(self, hook: Webhook, given: str | None, why: str) -> None:
        """Where a person finds it: it could not be taken in."""

    def is_well(self) -> bool:
        """Whether the database does what it is asked, for anybody else."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """``erase``: once it is somewhere else. ``puzzles``: it was put away before."""

    name: str
    record: bytes
    kept: Kept
    erase: Callable[[], None]
    puzzles: bool = False

    @property
    def age(self) -> float:
        return self.kept.hook.at.timestamp()
