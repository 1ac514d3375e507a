"""Pools as they were used: who came when, for how long numbers were held, who got one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from callweave.domain.ids import Mint
from callweave.domain.leases.pools import Kind, PoolRules
from callweave.storage.accounts import Refusal, Site
from callweave.storage.database import Database
from callweave.storage.numbers import Lease, Number, Pool
from callweave.storage.reports import pools
from callweave.storage.reports.pool_use import PoolUse, pool_use
from callweave.storage.reports.pools import Got, PoolLine, pool_lines
from callweave.workflows import count_refusal
from callweave.workflows.set_up_site import PoolSetUp, add_numbers
from journeys import Teller
from pool_traffic import held_back, lent, weeks_of_visits
from shops import NOON, Clock, counting_mint, open_shop, shop

HALF_AN_HOUR = [1800.0]


@dataclass(frozen=True)
class Stage:
    session: Session
    site: Site
    mint: Mint
    clock: Clock

    def line(self) -> PoolLine:
        return pool_lines(self.session, [self.site], self.clock())[0]

    def use(self) -> PoolUse:
        found = pool_use(self.session, self.line(), self.clock())
        assert found
        return found

    def visits(self, *starts: datetime, held_s: float = 1800) -> None:
        lent(self.session, self.mint, self.line().id, sorted(starts), [held_s])


@pytest.fixture
def stage(database: Database, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Of the site that a test asks for, else one with two numbers and an overflow number."""
    mint = counting_mint()
    site = open_shop(database, getattr(request, "param", shop(2)), mint)
    with database.writing() as session:
        yield Stage(session, site, mint, Clock())


def test_a_lease_on_the_overflow_number_is_demand_that_found_none(stage: Stage) -> None:
    stage.visits(*(NOON - timedelta(minutes=nth) for nth in range(5)))
    assert stage.line().got == stage.use().got == Got(exclusive=2, shared=3)
    assert stage.line().got.share == 0.4


def test_what_was_shared_stays_shared_when_its_number_is_released(stage: Stage) -> None:
    stage.visits(*(NOON - timedelta(minutes=nth) for nth in range(5)))
    for role in ("retired", "pooled"):
        stage.session.execute(update(Number).values(role=role))
        assert stage.line().got == stage.use().got == Got(exclusive=2, shared=3)


def test_numbers_are_counted_by_what_they_are_for(stage: Stage) -> None:
    stage.visits(NOON)
    first = stage.session.query(Number).filter_by(role="pooled").first()
    assert first
    held = update(Number).where(Number.id == first.id)
    visit = stage.session.query(Lease).one().visit_id
    for until, lent_now in ((NOON + timedelta(minutes=5), 1), (NOON, 0)):
        stage.session.execute(held.values(visit_id=visit, leased_until=until))
        line = stage.line()
        assert (line.numbers, line.lent, line.overflow) == (2, lent_now, 1)


def test_a_pool_that_lent_nothing_has_no_use(stage: Stage) -> None:
    assert stage.line().got == Got()
    assert stage.line().got.share is None
    assert pool_use(stage.session, stage.line(), NOON) is None


def test_arrivals_are_by_hour_of_the_week_where_the_site_is(stage: Stage) -> None:
    """28 whole days of one visit a day at 9:10 in London; in October that is 8:10 in UTC."""
    stage.clock.at = datetime(2026, 11, 10, tzinfo=UTC)
    days = [datetime(2026, 10, 13, 8, 10, tzinfo=UTC) + timedelta(days=n) for n in range(28)]
    ends = datetime(2026, 10, 25, tzinfo=UTC)
    stage.visits(*(at if at < ends else at + timedelta(hours=1) for at in days))
    per_hour = stage.use().arrivals.per_hour
    assert [hour for hour, visits in enumerate(per_hour) if visits] == [
        24 * n + 9 for n in range(7)
    ]
    assert {round(visits, 2) for visits in per_hour if visits} == {1.0}


@pytest.mark.parametrize("stage", [replace(shop(2), time_zone="Asia/Kathmandu")], indirect=True)
def test_a_zone_of_quarter_hours_is_no_exception(stage: Stage) -> None:
    nine_there = datetime(2026, 11, 18, 3, 15, tzinfo=UTC)  # 9:00, at UTC+5:45
    stage.visits(*(nine_there + timedelta(seconds=nth) for nth in (-1, 0, 1)))
    per_hour = stage.use().arrivals.per_hour
    assert (per_hour[8], per_hour[9]) == (4, 2)  # one in the last quarter of the hour before


def test_in_the_first_week_one_day_stands_for_all(stage: Stage) -> None:
    stage.visits(*weeks_of_visits(NOON, 3))
    assert len(stage.use().arrivals.per_hour) == 24
    assert stage.use().arrivals.per_hour[10] == pytest.approx(12)


def test_an_hour_that_was_not_seen_is_taken_for_a_usual_one(stage: Stage) -> None:
    stage.visits(*(NOON - timedelta(minutes=nth) for nth in range(1, 61)))
    per_hour = stage.use().arrivals.per_hour
    assert per_hour[11] == per_hour[3] == 60


@pytest.mark.parametrize("seconds", [0, 1, 61])
def test_the_very_first_visit_is_no_rush(stage: Stage, seconds: int) -> None:
    stage.clock.at = NOON + timedelta(seconds=seconds)
    stage.visits(NOON)
    assert set(stage.use().arrivals.per_hour) == {4.0}


def test_each_day_says_who_got_what_up_to_today(stage: Stage) -> None:
    late = NOON.replace(day=16, hour=23, minute=59)
    stage.visits(late, late, late, late + timedelta(hours=5))
    days = dict(stage.use().days)
    assert [day.day for day in days] == [16, 17, 18]
    assert list(days.values()) == [Got(2, 1), Got(1), Got()]


def test_what_lies_too_far_back_is_left_alone(stage: Stage) -> None:
    first_midnight = NOON.replace(day=22, month=10, hour=0) - timedelta(hours=1)
    stage.visits(first_midnight - timedelta(seconds=1), first_midnight)
    assert stage.use().got == stage.line().got == Got(exclusive=1)
    assert stage.use().since == first_midnight


def test_how_long_numbers_were_held_is_a_sample_of_bounded_size(stage: Stage) -> None:
    held = [600.0, 1800.0, 6000.0]
    lent(stage.session, stage.mint, stage.line().id, weeks_of_visits(NOON, 28), held)
    found = stage.use().held_s
    assert set(found) == set(held)
    assert len(found) <= 500


@pytest.mark.parametrize("stage", [shop(40)], indirect=True)
def test_numbers_that_were_not_lent_say_nothing_of_how_long_they_are_held(stage: Stage) -> None:
    first = stage.session.query(Number).filter_by(role="pooled").order_by(Number.id).limit(37)
    for number in first:
        number.role = "retired"
    stage.session.flush()
    lent(stage.session, stage.mint, stage.line().id, weeks_of_visits(NOON, 14), [1140.0])
    assert set(stage.use().held_s) == {1140.0}


@pytest.mark.parametrize("stage", [shop(6)], indirect=True)
@pytest.mark.parametrize(("came", "told"), [(1, (6, False)), (14, (9, False)), (27, (9, True))])
def test_the_size_that_a_pool_had_is_told_from_todays(
    stage: Stage, came: int, told: tuple[int, bool]
) -> None:
    """Three more came so many days ago."""
    stage.visits(*weeks_of_visits(NOON, 28))
    pool, at = stage.session.query(Pool).one(), NOON - timedelta(days=came)
    add_numbers(stage.session, stage.mint, pool, [f"+4420794602{n:02}" for n in range(3)], at)
    size = stage.use().size
    assert ((size.mostly, size.is_todays), size.today) == (told, 9)


@pytest.mark.parametrize("stage", [shop(4)], indirect=True)
def test_a_number_that_was_released_was_there_until_its_last_lease_ended(stage: Stage) -> None:
    stage.visits(*weeks_of_visits(NOON, 28))
    gone = stage.session.query(Number).filter_by(role="pooled").limit(3)
    for number in gone:
        number.role, number.leased_until = "retired", NOON - timedelta(days=2)
    stage.session.flush()
    size = stage.use().size
    assert (size.mostly, size.today, size.is_todays) == (4, 1, False)


@pytest.mark.parametrize("stage", [shop(1, overflow=False)], indirect=True)
def test_without_an_overflow_number_the_share_counts_who_was_turned_away(stage: Stage) -> None:
    stage.visits(NOON - timedelta(days=1), NOON)
    for days, times in ((0, 3), (1, 3), (40, 99)):
        day = (NOON - timedelta(days=days)).date()
        row = {"scope": stage.site.id, "day": day, "reason": "pool_exhausted", "times": times}
        stage.session.add(Refusal(**row))
    stage.session.flush()
    assert stage.line().got == stage.use().got == Got(exclusive=2, turned_away=6)
    assert stage.line().got.share == 0.25


def test_where_there_is_an_overflow_number_nobody_is_counted_twice(stage: Stage) -> None:
    stage.visits(NOON, NOON, NOON)
    row = {"day": NOON.date(), "reason": "pool_exhausted", "times": 3}
    stage.session.add(Refusal(scope=stage.site.id, **row))
    stage.session.flush()
    assert stage.line().got == stage.use().got == Got(2, 1)


def test_who_was_held_back_for_a_crowd_is_no_demand(stage: Stage) -> None:
    stage.visits(*weeks_of_visits(NOON, 3))
    line, use = stage.line(), stage.use()
    robots = [NOON - timedelta(seconds=40 * nth) for nth in range(1, 1000)]
    held_back(stage.session, stage.mint, line.id, robots)
    assert stage.line().got == stage.use().got == replace(line.got, held_back=len(robots))
    assert (stage.use().arrivals, stage.use().held_s) == (use.arrivals, use.held_s)
    assert stage.line().got.share == line.got.share


def test_who_was_turned_away_is_counted_under_the_name_that_is_asked_for() -> None:
    assert pools.TURNED_AWAY == count_refusal.Refusal.POOL_EXHAUSTED


def test_another_sites_pools_are_not_among_them(stage: Stage) -> None:
    other = replace(shop(), account="Other", name="Other", pools=())
    from_elsewhere = Site(**{c.key: getattr(stage.site, c.key) for c in Site.__table__.columns})
    from_elsewhere.id, from_elsewhere.name = "st_other", other.name
    assert pool_lines(stage.session, [from_elsewhere], NOON) == []


@pytest.mark.parametrize("reason", ["stand_in", "without_cool_down"])
def test_steps_down_are_counted_by_pool_and_day(stage: Stage, reason: str) -> None:
    stage.visits(NOON - timedelta(days=1), NOON)
    for days, times in ((0, 3), (1, 4), (40, 99)):
        row = {"day": (NOON - timedelta(days=days)).date(), "reason": reason, "times": times}
        stage.session.add(Refusal(scope=stage.line().id, **row))
        stage.session.add(Refusal(scope=stage.site.id, **row))
    stage.session.flush()
    got = stage.line().got
    assert getattr(got, reason) == 7
    assert stage.use().got == got
    assert [getattr(got, reason) for _, got in stage.use().days] == [4, 3]


def test_a_number_of_the_source_is_none_of_their_own() -> None:
    assert Got(exclusive=3, stand_in=1).share == 0.75
    assert Got(exclusive=4, without_cool_down=4).share == 1


def test_the_steps_are_called_what_they_are_counted_as() -> None:
    counted = count_refusal.Refusal
    assert (pools.STAND_IN, pools.WITHOUT_COOL_DOWN) == (
        counted.STAND_IN,
        counted.WITHOUT_COOL_DOWN,
    )


PROBES = PoolSetUp("probes", 1800, ("+442079460401",), None, PoolRules(Kind.UNSHOWN))


@pytest.mark.parametrize("stage", [replace(shop(1), pools=(*shop(1).pools, PROBES))], indirect=True)
def test_calls_to_numbers_that_were_never_shown_are_counted(stage: Stage) -> None:
    teller = Teller(stage.session, stage.session.merge(stage.site))
    probe = stage.session.query(Number).filter_by(e164="+442079460401").one()
    for at in (NOON, NOON - timedelta(days=1), NOON - timedelta(days=60)):
        teller.call(at, None).number_id = probe.id
    stage.session.flush()
    lines = pool_lines(stage.session, [stage.site], stage.clock())
    assert [(line.name, line.kind, line.calls) for line in lines] == [
        ("main", Kind.VISITOR, 0),
        ("probes", Kind.UNSHOWN, 2),
    ]
    assert (lines[1].numbers, lines[1].lends, lines[1].overflow) == (1, False, 0)
