"""Reads JSON that people wrote, and tells them everything that is wrong with it at once.

A value that was refused reads as an empty one. Nobody ever sees the empty one: whoever starts a
reading ends it with `settle`, which raises if anything was refused on the way.
"""

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

# Enough for any plan that a person can oversee, and a bound on what one document can cost.
MOST_ITEMS = 100
LONGEST_TEXT = 120


@dataclass(frozen=True, slots=True)
class Problem:
    path: str  # "rules[2].when.channel"; "" is the document itself
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class Invalid(ValueError):  # noqa: N818 -- InvalidPlan and InvalidHours are what people call them
    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Known:
    """What the account has: a plan cannot ask for anything else. None is not checked."""

    topics: Collection[str] | None = None
    skills: Collection[str] | None = None
    agents: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One spot of the document: what stands there, and where problems with it go."""

    value: object
    path: str = ""
    known: Known = field(default_factory=Known)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, message: str) -> None:
        self.problems.append(Problem(self.path, message))

    def settle(self, error: type[Invalid]) -> None:
        if self.problems:
            raise error(tuple(self.problems))

    def __contains__(self, key: str) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def __getitem__(self, key: str) -> "Node":
        value = self.value.get(key, _MISSING) if isinstance(self.value, dict) else _NOWHERE
        return self._at(value, f"{self.path}.{key}" if self.path else key)

    def keys(self, *allowed: str, what: str = "key") -> Iterator[str]:
        """The object's keys among those allowed; every other one is refused."""
        if not isinstance(self.value, dict):
            self._refuse_instead_of("an object such as {...}")
            return
        if len(self.value) > MOST_ITEMS:
            self.refuse(f"has {len(self.value)} entries, at most {MOST_ITEMS} are read")
            return
        for key in map(str, self.value):
            if key in allowed:
                yield key
            else:
                message = f"there is no {what} {quoted(key)}{hint(key, allowed)}"
                self[shortened(key)].refuse(message)

    def expect(self, *allowed: str) -> None:
        """Refuses what is no object, and every key that is not allowed."""
        for _ in self.keys(*allowed):
            pass

    def items(self, most: int = MOST_ITEMS) -> list["Node"]:
        """The list's items; a single value counts as a list of one."""
        if not isinstance(self.value, list):
            return [self]
        if not self.value:
            self.refuse("the list is empty")
        elif len(self.value) > most:
            self.refuse(f"has {len(self.value)} items, at most {most} are read")
            return []
        return [self._at(item, f"{self.path}[{index}]") for index, item in enumerate(self.value)]

    def text(self) -> str:
        if not isinstance(self.value, str):
            self._refuse_instead_of("text in quotes")
            return ""
        text = " ".join(self.value.split())
        if not text:
            self.refuse("the text is empty")
        elif len(text) > LONGEST_TEXT:
            self.refuse(f"is {len(text)} characters long, at most {LONGEST_TEXT} are allowed")
        elif not text.isprintable():
            self.refuse("has characters that cannot be printed")
        else:
            return text
        return ""

    def choice(self, what: str, options: Collection[str] | None) -> str:
        """The option meant, whatever its capital letters; any text if no options are given."""
        text = self.text()
        if options is None or not text:
            return text
        for option in options:
            if option.casefold() == text.casefold():
                return option
        self.refuse(f"there is no {what} {quoted(text)}{hint(text, options)}")
        return ""

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            self._refuse_instead_of("true or false")
        return self.value is True

    def whole_number(self, lowest: int, highest: int) -> int:
        wanted = f"a whole number from {lowest} to {highest}"
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            self._refuse_instead_of(wanted)
        elif not lowest <= self.value <= highest:
            self.refuse(f"must be {wanted}")
        else:
            return self.value
        return lowest

    def weight(self, highest: int = 1_000_000) -> float:
        wanted = "a number above 0"
        if not isinstance(self.value, int | float) or isinstance(self.value, bool):
            self._refuse_instead_of(wanted)
        elif not 0 < self.value <= highest:  # also refuses NaN
            self.refuse(f"must be {wanted}, at most {highest}")
        else:
            return float(self.value)
        return 0.0

    def _at(self, value: object, path: str) -> "Node":
        return Node(value, path, self.known, self.problems)

    def _refuse_instead_of(self, wanted: str) -> None:
        if self.value is _MISSING:
            self.refuse("is missing")
        elif self.value is not _NOWHERE:
            self.refuse(f"must be {wanted}, not {_kind(self.value)}")


_MISSING = object()
_NOWHERE = object()  # below something that is no object, which was refused already


def shortened(text: str, longest: int = 60) -> str:
    """Fit to be shown: short, and without what a page or a terminal could choke on."""
    shown = "".join(
        char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[:longest]
    )
    return shown if len(text) <= longest else f"{shown[: longest - 3]}..."


def quoted(text: str) -> str:
    return f'"{shortened(text)}"'


def hint(word: str, options: Collection[str]) -> str:
    """': did you mean ...?' when an option is close, else the options, or '' if there are many."""
    spelled = {option.casefold(): option for option in options}
    close = difflib.get_close_matches(shortened(word).casefold(), spelled, n=1)
    if close:
        return f": did you mean {quoted(spelled[close[0]])}?"
    few_enough_to_read = 20
    if 0 < len(spelled) <= few_enough_to_read:
        return f": choose from {', '.join(sorted(options))}"
    return ""


def either(words: Collection[str]) -> str:
    return " or ".join(words)


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"
