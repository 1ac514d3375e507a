"""Interests: topics of the site, earned by what a visitor reads, searches and clicks."""

from callweave.domain.interests.growth import (
    CEILING,
    HALF_LIFE,
    Interest,
    decayed,
    grown,
    strongest,
)
from callweave.domain.interests.topic_list import InvalidTopics, parse_topics
from callweave.domain.interests.topics import Topic, earned

__all__ = [
    "Topic",
    "parse_topics",
    "InvalidTopics",
    "earned",
    "Interest",
    "grown",
    "decayed",
    "strongest",
    "HALF_LIFE",
    "CEILING",
]
