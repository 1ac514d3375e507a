"""What is known of a visit and its visitor before a page that was just seen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from callweave.domain.interests.growth import Interest
from callweave.storage import arrivals
from callweave.storage.lending import Held, held_by_pool
from callweave.storage.prepared import HotTransaction
from callweave.storage.questions import Row


@dataclass(frozen=True, slots=True)
class Known:
    """Whether the visit saw the same page, what interests its visitor (by topic), and what numbers
    the visit has for itself (by pool).
    """

    has_seen_page: bool
    interests: Mapping[str, Interest]
    held: Mapping[str, Held]


NOTHING = Known(has_seen_page=False, interests={}, held={})


def known_of(tx: HotTransaction, visit: str, visitor: str, page: str) -> Known:
    return _known(arrivals.KNOWN.ask(tx, visit=visit, visitor=visitor, page=page))


def find_known(tx: HotTransaction, visit: str, visitor: str, page: str) -> tuple[Row, Known] | None:
    """The visit and its touch as `arrivals.LATEST_VISIT` has them, and the same; None when this
    visitor has no such visit.
    """
    *known, found = arrivals.THIS_VISIT.ask(tx, visit=visit, visitor=visitor, page=page)
    return (found[0], _known(known)) if found else None


def known_interests(tx: HotTransaction, visitor: str) -> Known:
    """All that there is for a visit that has only begun."""
    interests = _by_topic(tx.rows(arrivals.INTERESTS, visitor=visitor))
    return Known(has_seen_page=False, interests=interests, held={})


def _known(asked: Sequence[Sequence[Row]]) -> Known:
    same_page, interests, held = asked
    return Known(bool(same_page), _by_topic(interests), held_by_pool(held))


def _by_topic(rows: Iterable[Row]) -> dict[str, Interest]:
    return {topic: Interest(topic, weight, at) for topic, weight, at in rows}
