"""Reads a site's topic list and tells whoever wrote it everything that is wrong, at once."""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from callweave.domain.interests.patterns import Glob, place_pattern, words
from callweave.domain.interests.topics import Topic
from callweave.domain.visits.addresses import legible

MOST_TOPICS = 200
MOST_PATTERNS = 50
MOST_FIELDS = 20
LONGEST_TEXT = 120
HIGHEST_WEIGHT = 10
_KEY = re.compile("[a-z0-9][a-z0-9_-]{0,63}")
_SIGNALS = ("url", "title", "search", "campaign")
_FIELDS = ("topic", "name", *_SIGNALS, "weight")
_T = TypeVar("_T")


class InvalidTopics(ValueError):  # noqa: N818 -- not our error, but what is to be mended
    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def parse_topics(data: object) -> tuple[Topic, ...]:
    """From `[{"topic": "bahamas", "name": "the Bahamas", "url": ["/bahamas*"], "title":
    ["bahamas"], "search": ["nassau"], "campaign": ["*bahamas*"], "weight": 1.0}]`.

    `topic` and one of the four lists are needed. Raises InvalidTopics.
    """
    reading = _Reading("topics", data)
    topics = [_topic(each) for each in reading.items(MOST_TOPICS)]
    _refuse_repeated(reading, topics)
    if reading.problems:
        raise InvalidTopics(tuple(reading.problems))
    return tuple(topics)


class _UnusableError(ValueError):
    """Why a value cannot be used, for the reading that knows its place."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """One spot of the list: where it is, what stands there, and what is wrong so far."""

    place: str
    value: object
    problems: list[str] = field(default_factory=list)

    def refuse(self, why: object) -> None:
        self.problems.append(f"{self.place}: {why}")

    def fields(self) -> "dict[str, _Reading] | None":
        if not isinstance(self.value, dict):
            self.refuse(f'must be an object such as {{"topic": ...}}, not {_kind(self.value)}')
            return None
        if len(self.value) > MOST_FIELDS:
            self.refuse(f"has {len(self.value)} fields, there are only {', '.join(_FIELDS)}")
            return None
        named = {str(key): value for key, value in self.value.items()}
        return {key: self._at(f".{_cut(key)}", value) for key, value in named.items()}

    def items(self, most: int) -> "list[_Reading]":
        if not isinstance(self.value, list):
            self.refuse(f"must be a list in [ ], not {_kind(self.value)}")
            return []
        if len(self.value) > most:
            self.refuse(f"has {len(self.value)} entries, at most {most} are possible")
            return []
        return [self._at(f"[{number}]", item) for number, item in enumerate(self.value)]

    def read(self, read: Callable[[object], _T], otherwise: _T) -> _T:
        try:
            return read(self.value)
        except _UnusableError as why:
            self.refuse(why)
            return otherwise

    def _at(self, step: str, value: object) -> "_Reading":
        return _Reading(f"{self.place}{step}", value, self.problems)


def _topic(reading: _Reading) -> Topic:
    """What could be read; nobody gets to see it if anything was refused."""
    fields = reading.fields()
    if fields is None:
        return _NO_TOPIC
    _compare_fields(reading, fields)

    def one(name: str, read: Callable[[object], _T], otherwise: _T) -> _T:
        return fields[name].read(read, otherwise) if name in fields else otherwise

    def several(name: str, read: Callable[[str], _T], otherwise: _T) -> tuple[_T, ...]:
        items = fields[name].items(MOST_PATTERNS) if name in fields else []
        if name in fields and fields[name].value == []:
            fields[name].refuse("the list is empty; leave it out")
        return tuple(item.read(lambda value: read(_text(value)), otherwise) for item in items)

    topic = one("topic", _key, "")
    return Topic(
        topic=topic,
        name=one("name", _text, topic),
        weight=one("weight", _weight, 1.0),
        pages=several("url", _page_pattern, _NOTHING),
        titles=several("title", _phrase, ""),
        searches=several("search", _phrase, ""),
        campaigns=several("campaign", _campaign_pattern, _NOTHING),
    )


def _compare_fields(reading: _Reading, fields: Mapping[str, _Reading]) -> None:
    for name, found in fields.items():
        if name not in _FIELDS:
            found.refuse(f"there is no such field{_hint(name)}")
    if fields.keys().isdisjoint(_SIGNALS):
        reading.refuse(f"needs at least one of {', '.join(_SIGNALS)}")
    if "topic" not in fields:
        reading.refuse('needs a "topic", a short name such as "bahamas"')


_NOTHING = Glob.of("")
_NO_TOPIC = Topic("", "", 0.0, (), (), (), ())


def _refuse_repeated(reading: _Reading, topics: Sequence[Topic]) -> None:
    first: dict[str, int] = {}
    for number, topic in enumerate(topics):
        if topic.topic and first.setdefault(topic.topic, number) != number:
            reading.problems.append(
                f'topics[{number}].topic: "{topic.topic}" is taken by topics[{first[topic.topic]}]'
            )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _UnusableError(f'must be text in quotes " ", not {_kind(value)}')
    text = " ".join(value.split())
    if not text:
        raise _UnusableError("the text is empty")
    if len(text) > LONGEST_TEXT:
        raise _UnusableError(f"is {len(text)} characters long, at most {LONGEST_TEXT} are possible")
    if not text.isprintable():
        raise _UnusableError("has characters that cannot be printed")
    return text


def _key(value: object) -> str:
    text = _text(value)
    if not _KEY.fullmatch(text):
        allowed = 'small letters, digits, "-" and "_", at most 64'
        raise _UnusableError(f'"{_cut(text)}" is no short name: {allowed}')
    return text


def _weight(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _UnusableError(f"must be a number, not {_kind(value)}")
    if not 0 < value <= HIGHEST_WEIGHT:  # also refuses NaN
        raise _UnusableError(f"must be above 0 and at most {HIGHEST_WEIGHT}")
    return float(value)


def _page_pattern(text: str) -> Glob:
    if "://" in text:
        raise _UnusableError('write the path alone, such as "/bahamas*", without the site in front')
    if not text.startswith(("/", "*")):
        raise _UnusableError(f'"{_cut(text)}" must start with "/" or "*"')
    if "?" in text or "#" in text:
        raise _UnusableError('only the path is compared: leave out what follows "?" or "#"')
    if "*" in text and text.strip("*") in {"", "/"}:
        raise _UnusableError(f'"{_cut(text)}" would hold for every page')
    return place_pattern(text)


def _campaign_pattern(text: str) -> Glob:
    if not text.strip("*"):
        raise _UnusableError(f'"{_cut(text)}" would hold for every campaign')
    return Glob.of(text.casefold())


def _phrase(text: str) -> str:
    phrase = words(text)
    if not phrase.strip():
        raise _UnusableError(f'"{_cut(text)}" has no word in it')
    return phrase


def _hint(name: str) -> str:
    close = difflib.get_close_matches(_cut(name).casefold(), _FIELDS, n=1)
    return f'; did you mean "{close[0]}"?' if close else f"; there are {', '.join(_FIELDS)}"


def _cut(text: str) -> str:
    longest = 40
    shown = legible(text, longest)
    return shown if len(text) <= longest else f"{shown}..."


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
