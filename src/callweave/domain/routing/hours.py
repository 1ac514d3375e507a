"""Working hours: what the clock on the wall says in a place, whatever daylight saving does."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from callweave.domain.reading import Invalid, Node, hint, quoted

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS = {name: day for names in (DAYS, _DAY_NAMES) for day, name in enumerate(names)}
_DAY_MINUTES = 24 * 60
_RANGE = re.compile(r"([0-9]{1,2}):([0-5][0-9]) ?- ?([0-9]{1,2}):([0-5][0-9])")


class InvalidHours(Invalid):
    pass


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes since the day's midnight; an end beyond 1440 lies in the following day."""

    start: int
    end: int

    def __str__(self) -> str:
        end = self.end if self.end <= _DAY_MINUTES else self.end - _DAY_MINUTES
        return f"{_clock(self.start)}-{_clock(end)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


WHOLE_DAY = Span(0, _DAY_MINUTES)


@dataclass(frozen=True, slots=True)
class Week:
    days: tuple[tuple[Span, ...], ...]  # seven, from Monday; a day without spans is off

    def covers(self, local: datetime) -> bool:
        """Whether the wall clock stands inside a span.

        An hour that the clock repeats in autumn is covered both times, and one that it skips in
        spring was never there to be covered: what a person with a watch would say.
        """
        minute = local.hour * 60 + local.minute
        today = self.days[local.weekday()]
        yesterday = self.days[local.weekday() - 1]
        return any(span.start <= minute < span.end for span in today) or any(
            minute + _DAY_MINUTES < span.end for span in yesterday
        )


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    zone: ZoneInfo
    week: Week

    @classmethod
    def always(cls) -> Self:
        return cls(ZoneInfo("UTC"), Week(((WHOLE_DAY,),) * len(DAYS)))

    @classmethod
    def parse(cls, data: object) -> Self:
        """From `{"time_zone": "Europe/London", "mon": ["09:00-12:30", "13:00-17:30"], ...}`.

        A day left out or empty is off; None or `{}` is always. Raises InvalidHours.
        """
        if data is None or data == {}:
            return cls.always()
        node = Node(data)
        node.expect("time_zone", *DAYS)
        zone = read_zone(node["time_zone"])
        week = Week(tuple(_read_day(node, day) for day in DAYS))
        if not node.problems and not any(week.days):
            node.refuse("no day has hours; for an agent who is always there leave all of it out")
        node.settle(InvalidHours)
        return cls(zone, week)

    def open_at(self, now: datetime) -> bool:
        return self.week.covers(now.astimezone(self.zone))


def read_zone(node: Node) -> ZoneInfo:
    name = node.text()
    if name:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # unknown, no possible name, a folder of zones
            node.refuse(f"there is no time zone {quoted(name)}{hint(name, available_timezones())}")
    return ZoneInfo("UTC")


def _read_day(node: Node, day: str) -> tuple[Span, ...]:
    off = day not in node or node[day].value == []
    return () if off else read_spans(node[day])


def read_spans(node: Node) -> tuple[Span, ...]:
    return tuple(_read_span(item) for item in node.items())


def _read_span(node: Node) -> Span:
    text = node.text()
    found = _RANGE.fullmatch(text)
    if not found:
        if text:
            node.refuse(f'{quoted(text)} is no range of hours such as "09:00-17:30"')
        return WHOLE_DAY
    from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if start >= _DAY_MINUTES or end > _DAY_MINUTES:
        node.refuse(f"{quoted(text)} goes beyond 24:00")
    elif start == end:
        node.refuse(f'{quoted(text)} has no length; a whole day is "00:00-24:00"')
    return Span(start, end if end > start else end + _DAY_MINUTES)


def read_days(node: Node) -> frozenset[int]:
    """Weekdays from words such as "sat", "mon-fri" or "fri-mon"; Monday is 0."""
    return frozenset(day for item in node.items() for day in _read_day_range(item))


def _read_day_range(node: Node) -> list[int]:
    text = node.text()
    first, dash, last = (part.strip() for part in text.casefold().partition("-"))
    start, end = _WEEKDAYS.get(first), _WEEKDAYS.get(last if dash else first)
    if start is not None and end is not None:
        return [(start + step) % 7 for step in range((end - start) % 7 + 1)]
    if text:
        node.refuse(f'{quoted(text)} is no day or range of days such as "mon-fri"')
    return []
