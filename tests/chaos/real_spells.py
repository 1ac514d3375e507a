"""When monkeys were in, by the clock on the wall: what they touch has a reason to go wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Spell:
    """From a monkey's first move until the service was well again."""

    name: str
    began: datetime
    ended: datetime = FOREVER


@dataclass(slots=True)
class Spells:
    all: list[Spell] = field(default_factory=list)

    @contextmanager
    def of(self, name: str, clock: Callable[[], datetime]) -> Iterator[None]:
        """It ends with the block; one that is left by an exception never does."""
        spell = Spell(name, clock())
        self.all.append(spell)
        yield
        spell.ended = clock()

    def touching(self, began: datetime, ended: datetime) -> list[str]:
        """Which ones were in while this lasted, in words that end with the monkey's name."""
        return [
            f"{spell.began:%H:%M:%S.%f}  {spell.name}"
            for spell in self.all
            if spell.began <= ended and began <= spell.ended
        ]
