"""When monkeys were in, by the clock on the wall: what they touch has a reason to go wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Spell:
    """From a monkey's first move until the service was well again. ``answered``: the carrier got an
    answer to everything all the while, or ought to have.
    """

    name: str
    began: datetime
    ended: datetime = FOREVER
    answered: bool = False

    def touches(self, began: datetime, ended: datetime) -> bool:
        return self.began <= ended and began <= self.ended


@dataclass(slots=True)
class Spells:
    all: list[Spell] = field(default_factory=list)

    @contextmanager
    def of(
        self, name: str, clock: Callable[[], datetime], *, answered: bool = False
    ) -> Iterator[None]:
        """It ends with the block; one that is left by an exception never does."""
        spell = Spell(name, clock(), answered=answered)
        self.all.append(spell)
        yield
        spell.ended = clock()

    def touching(self, began: datetime, ended: datetime) -> list[str]:
        """Which ones were in while this lasted, in words that end with the monkey's name."""
        return [
            f"{spell.began:%H:%M:%S.%f}  {spell.name}"
            for spell in self.all
            if spell.touches(began, ended)
        ]

    def may_go_unanswered(self, began: datetime, ended: datetime) -> bool:
        return any(not s.answered and s.touches(began, ended) for s in self.all)
