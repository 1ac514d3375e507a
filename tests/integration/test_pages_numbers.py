"""The page of numbers: what each pool does, and what more numbers would do."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from callweave.domain.leases.advice import advise
from callweave.storage.accounts import Refusal, sites_of
from callweave.storage.numbers import Pool
from callweave.storage.reports.pool_use import pool_use
from callweave.storage.reports.pools import pool_lines
from callweave.web.pages.pool_question import same_luck
from callweave.workflows.set_up_site import add_numbers
from pages_stage import Stage, counted_queries, pages_stage, second_shop
from pool_traffic import held_back, lent, weeks_of_visits
from shops import NOON, open_shop, shop

MOST_QUERIES = 10


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    with pages_stage(database_url) as stage:
        yield stage


def pool_of(stage: Stage, site_id: str) -> str:
    with stage.database.reading() as session:
        return session.scalars(select(Pool.id).where(Pool.site_id == site_id)).one()


def visited(stage: Stage, starts: list[datetime] | None = None) -> None:
    with stage.database.writing() as session:
        pool = session.scalars(select(Pool.id)).one()
        lent(session, stage.mint, pool, starts or weeks_of_visits(NOON, 28, 0.5), [1800.0])


def test_the_page_says_what_is_what_would_be_and_what_it_costs(stage: Stage) -> None:
    visited(stage)
    stage.log_in()
    page = stage.text("/numbers?share=99&price=1.15&currency=usd")
    assert "Numbers today 3 0 lent just now · $3.45 a month" in page
    assert "For 99 % 8 5 numbers more · $9.20 a month" in page
    assert "With 3 numbers, at your busiest hour a number is shown to somebody else after" in page
    assert "These figures stand on 27 days of data (Thu 22 Oct 2026 to Wed 18 Nov 2026)" in page


def test_what_really_happened_stands_beside_the_model_and_in_the_list(stage: Stage) -> None:
    visited(stage, [NOON - timedelta(hours=1)] * 4)
    stage.log_in()
    page = stage.text("/numbers")
    assert "Really had their own 75 % Of 4 visits" in page
    assert "main 75 % 3 0 4" in page
    assert "That is little data" in page


def test_what_really_happened_is_not_drawn_at_a_size_that_the_pool_only_has_today(
    stage: Stage,
) -> None:
    visited(stage)
    with stage.database.writing() as session:
        pool = session.scalars(select(Pool)).one()
        more = [f"+4420794602{n:02}" for n in range(40)]
        add_numbers(session, stage.mint, pool, more, NOON - timedelta(hours=1))
    stage.log_in()
    page, html = stage.text("/numbers"), stage.client.get("/numbers").text
    assert "had 3 numbers for most of this time: what really happened is not comparable" in page
    assert "What really happened with 3 numbers" in page
    today, really = (
        float(re.findall(rf'class="{name}" cx="([0-9.]+)"', html)[0])
        for name in ("today", "really")
    )
    assert really < today / 2


def test_another_share_asks_for_another_number(stage: Stage) -> None:
    visited(stage)
    stage.log_in()
    low, high = stage.text("/numbers?share=50"), stage.text("/numbers?share=99.9")
    assert "For 50 % 2 1 number fewer" in low
    assert "For 99.9 % 10 7 numbers more" in high
    highest = stage.text("/numbers?share=99.99")
    assert "For 99.99 % 1" in highest
    assert " for 99.99 %" in highest
    assert "a month" not in high.replace("Price a month", "")


def test_a_rush_takes_as_many_numbers_as_the_command_says(stage: Stage) -> None:
    began = [NOON - timedelta(days=day, hours=3) for day in range(27, 0, -1)]
    visited(stage, [at + timedelta(seconds=36 * nth) for at in began for nth in range(100)])
    stage.log_in()
    page = stage.text("/numbers?share=80")
    told = re.findall(r"alone says [0-9]+; played visitor by visitor, it takes ([0-9]+):", page)
    assert f"For 80 % {told[0]} " in page
    with stage.database.reading() as session:
        pool = pool_lines(session, sites_of(session, stage.site.account_id), NOON)[0]
        use = pool_use(session, pool, NOON)
        advice = use and advise(use.arrivals, use.held_s, 0.8, same_luck())
    assert advice
    assert advice.numbers == int(told[0])


def test_what_was_typed_wrong_is_said_beside_it_and_the_page_still_tells(stage: Stage) -> None:
    visited(stage)
    stage.log_in()
    answer = stage.client.get("/numbers?share=all&price=<b>")
    assert 'value="all"' in answer.text
    assert "&lt;b&gt;" in answer.text
    assert "<b>" not in answer.text
    page = stage.text("/numbers?share=all&price=<b>")
    assert "Write a share from 1 to 99.99 per cent, like 99." in page
    assert "For 99 % 8" in page


def test_a_pool_that_lent_nothing_says_what_to_do(stage: Stage) -> None:
    stage.log_in()
    assert "No visitor has been lent a number yet" in stage.text("/numbers")


def test_a_site_without_a_pool_says_what_to_do(stage: Stage) -> None:
    empty = replace(shop(), account="Nearshore", name="Nearshore", pools=())
    stage.log_in(site=open_shop(stage.database, empty, stage.mint))
    assert "No pool yet" in stage.text("/numbers")


def test_who_was_turned_away_makes_the_share_a_least_one(stage: Stage) -> None:
    other = second_shop(stage)
    with stage.database.writing() as session:
        lent(session, stage.mint, pool_of(stage, other.id), [NOON], [1800.0])
        row = {"day": NOON.date(), "reason": "pool_exhausted", "times": 1}
        session.add(Refusal(scope=other.id, **row))
    stage.log_in(site=other)
    page = stage.text("/numbers")
    assert "main at least 50 % 1 no overflow" in page
    assert "1 page of this site found no number free" in page


def test_who_was_held_back_is_told_in_the_list_by_day_and_in_the_file(stage: Stage) -> None:
    visited(stage, [NOON - timedelta(hours=1)] * 4)
    with stage.database.writing() as session:
        pool = session.scalars(select(Pool.id)).one()
        held_back(session, stage.mint, pool, [NOON - timedelta(minutes=5)] * 1200)
    stage.log_in()
    page = stage.text("/numbers")
    assert "main 75 % 3 0 4 and 1,200 held back 0" in page
    assert "1,200 visits came from networks that ask for many numbers" in page
    assert "Shared number Held back Share Wed 18 Nov 2026 3 1 1,200 75 %" in page
    assert "Held back&#34;, &#34;values&#34;: [1200]" in stage.client.get("/numbers").text
    row = next(csv.DictReader(stage.client.get("/numbers.csv").text.splitlines()))
    assert (row["visits"], row["held_back"]) == ("4", "1200")


def test_a_pool_whose_visits_were_all_held_back_says_so(stage: Stage) -> None:
    with stage.database.writing() as session:
        held_back(session, stage.mint, session.scalars(select(Pool.id)).one(), [NOON])
    stage.log_in()
    page = stage.text("/numbers")
    assert "No visitor has been lent a number yet" in page
    assert "1 visit came from networks that ask for many numbers" in page


def test_other_peoples_pools_are_not_there(stage: Stage) -> None:
    visited(stage)
    other = second_shop(stage)
    pool = pool_of(stage, stage.site.id)
    stage.log_in(site=other)
    assert "Farshore" not in stage.client.get("/numbers").text
    for query in (f"pool={pool}", f"site={stage.site.id}", "pool=%00", "site=st_none"):
        assert stage.client.get(f"/numbers?{query}").status_code == 404, query
    assert "Farshore" not in stage.client.get("/numbers.csv").text


def test_the_file_has_a_line_for_each_pool(stage: Stage) -> None:
    visited(stage, [NOON - timedelta(hours=1)] * 4)
    stage.log_in()
    text = stage.client.get("/numbers.csv").text.removeprefix("\ufeff")
    assert list(csv.DictReader(io.StringIO(text, newline=""))) == [
        {
            "site": "Farshore Holidays", "pool": "main",
            "numbers": "3", "lent_now": "0", "overflow_numbers": "1",
            "visits": "4", "exclusive": "3", "shared": "1", "turned_away_pages": "0",
            "share": "0.750000", "kind": "visitor", "without_cool_down": "0", "stand_in": "0",
            "calls": "0", "held_back": "0",
        }
    ]  # fmt: skip


def test_the_page_asks_the_database_a_bounded_number_of_questions(stage: Stage) -> None:
    visited(stage)
    stage.log_in()
    with counted_queries(stage.database) as queries:
        stage.text("/numbers")
    assert 0 < len([query for query in queries if query.startswith("SELECT")]) <= MOST_QUERIES


def test_every_page_leads_there(stage: Stage) -> None:
    stage.log_in()
    assert 'href="/numbers"' in stage.client.get("/").text
