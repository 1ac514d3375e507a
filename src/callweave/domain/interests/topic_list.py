"""Reads a site's topic list and tells whoever wrote it everything that is wrong, at once."""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from callweave.domain.interests.patterns import Glob, place_pattern, words
from callweave.domain.interests.topics import Topic
from callweave.domain.reading import Invalid, Node, quoted

MOST_TOPICS = 200
MOST_PATTERNS = 50
HIGHEST_WEIGHT = 10
_KEY = re.compile("[a-z0-9][a-z0-9_-]{0,63}")
_SIGNALS = ("url", "title", "search", "campaign")
_FIELDS = ("topic", "name", *_SIGNALS, "weight")
_NOTHING = Glob.of("")
_NO_TOPIC = Topic("", "", 0.0, (), (), (), ())
_T = TypeVar("_T")


class InvalidTopics(Invalid):
    pass


def parse_topics(data: object) -> tuple[Topic, ...]:
    """From `[{"topic": "bahamas", "name": "the Bahamas", "url": ["/bahamas*"], "title":
    ["bahamas"], "search": ["nassau"], "campaign": ["*bahamas*"], "weight": 1.0}]`.

    `topic` and one of the four lists are needed. Raises InvalidTopics.
    """
    document = Node(data, "topics")
    if not isinstance(data, list):
        document.refuse("must be a list in [ ]")
    nodes = document.items(MOST_TOPICS) if isinstance(data, list) and data else []
    topics = [_topic(node) for node in nodes]
    _refuse_repeated(nodes, topics)
    document.settle(InvalidTopics)
    return tuple(topics)


def _topic(node: Node) -> Topic:
    before = len(node.problems)
    given = set(node.keys(*_FIELDS, what="field"))
    if not given and len(node.problems) > before:
        return _NO_TOPIC
    if given.isdisjoint(_SIGNALS):
        node.refuse(f"needs at least one of {', '.join(_SIGNALS)}")

    def several(name: str, read: Callable[[Node], _T]) -> tuple[_T, ...]:
        items = node[name].items(MOST_PATTERNS) if name in given else []
        return tuple(read(item) for item in items)

    topic = _key(node["topic"])
    return Topic(
        topic=topic,
        name=node["name"].text() if "name" in given else topic,
        weight=node["weight"].weight(HIGHEST_WEIGHT) if "weight" in given else 1.0,
        pages=several("url", _page_pattern),
        titles=several("title", _phrase),
        searches=several("search", _phrase),
        campaigns=several("campaign", _campaign_pattern),
    )


def _refuse_repeated(nodes: Sequence[Node], topics: Sequence[Topic]) -> None:
    first: dict[str, Node] = {}
    for node, topic in zip(nodes, topics, strict=True):
        taken = first.setdefault(topic.topic, node)
        if topic.topic and taken is not node:
            node["topic"].refuse(f"{quoted(topic.topic)} is taken by {taken.path}")


def _key(node: Node) -> str:
    text = node.text()
    if text and not _KEY.fullmatch(text):
        allowed = 'small letters, digits, "-" and "_", at most 64'
        node.refuse(f"{quoted(text)} is no short name: {allowed}")
        return ""
    return text


def _page_pattern(node: Node) -> Glob:
    text = node.text()
    if "://" in text:
        node.refuse('write the path alone, such as "/bahamas*", without the site in front')
    elif text and not text.startswith(("/", "*")):
        node.refuse(f'{quoted(text)} must start with "/" or "*"')
    elif "?" in text or "#" in text:
        node.refuse('only the path is compared: leave out what follows "?" or "#"')
    elif "*" in text and text.strip("*") in {"", "/"}:
        node.refuse(f"{quoted(text)} would hold for every page")
    elif text:
        return place_pattern(text)
    return _NOTHING


def _campaign_pattern(node: Node) -> Glob:
    text = node.text()
    if text and not text.strip("*"):
        node.refuse(f"{quoted(text)} would hold for every campaign")
    return Glob.of(text.casefold())


def _phrase(node: Node) -> str:
    text = node.text()
    phrase = words(text)
    if text and not phrase.strip():
        node.refuse(f"{quoted(text)} has no word in it")
    return phrase
