from datetime import UTC, datetime

import pytest

from callweave.domain.routing.hours import InvalidHours, WeeklyHours
from routing_people import NOON, an_agent

OFFICE_HOURS = {
    "time_zone": "Europe/London",
    "mon": ["09:00-12:30", "13:00-17:30"],
    "fri": "22:00-02:00",
    "sun": ["00:30-03:00", "20:00-00:00"],
    "wed": [],
}


@pytest.mark.parametrize(
    ("utc", "is_open"),
    [
        ("2026-11-23T08:59", False),  # Monday
        ("2026-11-23T09:00", True),
        ("2026-11-23T12:30", False),
        ("2026-11-23T13:00", True),
        ("2026-11-23T17:30", False),
        ("2026-11-24T10:00", False),  # Tuesday is not named
        ("2026-11-25T10:00", False),  # Wednesday is empty
        ("2026-11-27T21:59", False),
        ("2026-11-27T22:00", True),
        ("2026-11-28T01:59", True),  # Friday's night
        ("2026-11-28T02:00", False),
        ("2026-11-29T23:59", True),
        ("2026-11-30T00:00", False),
        ("2026-07-06T08:00", True),  # summer: 09:00 in London
        ("2026-07-06T16:30", False),
    ],
)
def test_hours_are_open_when_the_clock_of_the_place_says_so(utc: str, *, is_open: bool) -> None:
    now = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert WeeklyHours.parse(OFFICE_HOURS).open_at(now) is is_open


@pytest.mark.parametrize(
    ("utc", "is_open"),
    [
        ("2026-03-29T00:29", False),
        ("2026-03-29T00:59", True),
        ("2026-03-29T01:00", True),  # the clock jumps from 01:00 to 02:00
        ("2026-03-29T01:59", True),
        ("2026-03-29T02:00", False),  # 03:00 in summer time
        ("2026-10-24T23:29", False),  # 00:29 in summer time
        ("2026-10-24T23:30", True),
        ("2026-10-25T00:30", True),  # 01:30 for the first time
        ("2026-10-25T01:30", True),  # 01:30 again
        ("2026-10-25T02:59", True),
        ("2026-10-25T03:00", False),
    ],
)
def test_a_night_when_the_clock_changes_follows_the_clock(utc: str, *, is_open: bool) -> None:
    now = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert WeeklyHours.parse(OFFICE_HOURS).open_at(now) is is_open


@pytest.mark.parametrize("data", [None, {}])
def test_no_hours_at_all_mean_always(data: object) -> None:
    always = WeeklyHours.parse(data)
    assert all(always.open_at(datetime(2026, 11, day, 23, 59, tzinfo=UTC)) for day in range(1, 8))


def test_a_whole_day_lasts_until_midnight() -> None:
    tuesday = WeeklyHours.parse({"time_zone": "UTC", "tue": "00:00-24:00"})
    at = [datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in [(23, 23), (24, 0), (24, 23)]]
    assert [tuesday.open_at(now) for now in at] == [False, True, True]
    assert not tuesday.open_at(datetime(2026, 11, 25, tzinfo=UTC))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"mon": "09:00-17:00"}, "time_zone: is missing"),
        ({"time_zone": "Mars", "mon": "09:00-17:00"}, 'there is no time zone "Mars"'),
        ({"time_zone": "UTC"}, "no day has hours"),
        ({"time_zone": "UTC", "mon": [], "tue": []}, "no day has hours"),
        ({"time_zone": "UTC", "monday": "09:00-17:00"}, 'did you mean "mon"?'),
        ({"time_zone": "UTC", "mon": "9 to 5"}, 'mon: "9 to 5" is no range'),
        ({"time_zone": "UTC", "mon": ["09:00-17:60"]}, "mon[0]: "),
        ({"time_zone": "UTC", "mon": "09:00-25:00"}, "goes beyond 24:00"),
        ({"time_zone": "UTC", "mon": "09:00-24:01"}, "goes beyond 24:00"),
        ({"time_zone": "UTC", "mon": "24:00-02:00"}, "goes beyond 24:00"),
        ({"time_zone": "UTC", "mon": "09:00-09:00"}, "has no length"),
        ({"time_zone": "UTC", "mon": 9}, "mon: must be text in quotes, not a number"),
        ([], "must be an object such as {...}, not a list"),
        (False, "must be an object such as {...}, not false"),
    ],
)
def test_hours_that_make_no_sense_are_refused_in_words(data: object, message: str) -> None:
    with pytest.raises(InvalidHours) as caught:
        WeeklyHours.parse(data)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("agent", "absence"),
    [
        (an_agent(), None),
        (an_agent(busy=True), "on another call"),
        (an_agent(hours={"time_zone": "UTC", "sun": "10:00-14:00"}), "outside working hours"),
        (an_agent(available=False, busy=True), "not available"),
    ],
)
def test_an_agent_says_why_they_cannot_be_rung(agent: object, absence: str | None) -> None:
    assert isinstance(agent, type(an_agent()))
    assert agent.absence(NOON) == absence


def test_a_skill_is_the_same_in_any_capitals() -> None:
    agent = an_agent(skills={"Bahamas": 7})
    assert (agent.level("bahamas"), agent.level("BAHAMAS"), agent.level("ski")) == (7, 7, None)
