"""What one page view tells about a visitor's interests, by the site's own topic list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from callweave.domain.interests.patterns import Glob, place, words
from callweave.domain.visits.addresses import legible, parameters, read_address
from callweave.domain.visits.touches import LONGEST_VALUE, Touch

# How much each signal tells. A visitor who typed the word said it; one who chose an ad about it
# asked for it; one who opened a page about it read it. A title that mentions the topic on a page
# that is about something else tells least. A page earns by its address or its title, not by both.
SEARCHED = 3.0
CHOSE_CAMPAIGN = 2.0
OPENED_PAGE = 1.0
SAW_TITLE = 0.5

# The parameters in which Google Analytics looks for a site's own search by default
# (support.google.com/analytics/answer/9216061).
_SITE_SEARCH = ("q", "s", "search", "query", "keyword")
_LONGEST_TITLE = 512


@dataclass(frozen=True, slots=True)
class Topic:
    topic: str
    name: str  # as an agent hears it: "the Bahamas"
    weight: float
    pages: tuple[Glob, ...]
    titles: tuple[str, ...]
    searches: tuple[str, ...]
    campaigns: tuple[Glob, ...]


@dataclass(frozen=True, slots=True)
class _Signals:
    path: str
    title: str
    searched: str
    campaign: str


def earned(
    topics: Iterable[Topic], *, url: str, title: str, touch: Touch | None
) -> Mapping[str, float]:
    """What one page view earns each topic; topics that it does not touch are left out.

    ``touch`` is given for the page view that opens a visit, and only there: campaign and search
    words count once a visit. A reload is no second look: ask only for pages new to the visit.
    """
    signals = _signals(url, title, touch)
    gains = ((topic.topic, topic.weight * _strength(topic, signals)) for topic in topics)
    return {topic: gain for topic, gain in gains if gain > 0}


def _signals(url: str, title: str, touch: Touch | None) -> _Signals:
    page = read_address(url)
    searched = list(parameters(page.query, _SITE_SEARCH).values()) if page and page.query else []
    if touch and touch.term:
        searched.append(touch.term)
    return _Signals(
        path=place(page.path) if page else "",
        title=words(title[:_LONGEST_TITLE]),
        searched="".join(words(legible(text, LONGEST_VALUE)) for text in searched),
        campaign=(touch.campaign or "").casefold() if touch else "",
    )


def _strength(topic: Topic, signals: _Signals) -> float:
    strength = 0.0
    if _fits(topic.pages, signals.path):
        strength = OPENED_PAGE
    elif _says(topic.titles, signals.title):
        strength = SAW_TITLE
    if _says(topic.searches, signals.searched):
        strength += SEARCHED
    if _fits(topic.campaigns, signals.campaign):
        strength += CHOSE_CAMPAIGN
    return strength


def _fits(patterns: tuple[Glob, ...], text: str) -> bool:
    return bool(text) and any(pattern.matches(text) for pattern in patterns)


def _says(phrases: tuple[str, ...], text: str) -> bool:
    return bool(text) and any(phrase in text for phrase in phrases)
