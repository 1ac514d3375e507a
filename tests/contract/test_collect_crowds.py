"""What one network may take from a site: its share of new visits, and never more."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from callweave.domain.leases.pools import Kind, Origin, PoolRules
from callweave.domain.visits.channels import Channel
from callweave.storage.accounts import Refusal as Counted
from callweave.storage.database import Database
from callweave.storage.numbers import Lease
from callweave.storage.visits import PageView, Visit, Visitor
from callweave.workflows.set_up_site import PoolSetUp
from databases import SqliteDatabases
from outages import locked
from service import Service, at_once, service
from shops import OWN_NUMBER, shop

SHARE = 5
THEM, OTHERS = "198.51.100.{}", "203.0.113.9"


@pytest.fixture
def here(sqlite: SqliteDatabases) -> Iterator[Service]:
    with sqlite.migrated() as url:
        database = Database(url)
        with service(database, url, shop(40), visits_per_network=SHARE) as here:
            yield here
        database.close()


def ask(here: Service, address: str, path: str = "/bahamas", before: Any = None) -> Any:
    """As a visitor at this address, through the proxy."""
    answer = here.announce(here.page(path, before), X_Forwarded_For=address)
    assert answer.status_code in {200, 201}
    return answer.get_json()


def shown(told: Any) -> str:
    assignment: str = told["numbers"][0]["assignment"]
    return assignment


def crowd(here: Service) -> Any:
    """A visit of a network that then uses up the rest of its share."""
    visits = [ask(here, THEM.format(nth)) for nth in range(SHARE)]
    assert [shown(visit) for visit in visits] == ["exclusive"] * SHARE
    return visits[0]


def counted(here: Service) -> dict[str, int]:
    here.clock.move(minutes=1)
    here.parts.refused.write_if_due(here.parts.database, here.clock())
    return {row.reason: row.times for row in here.rows(Counted)}


def test_a_thousand_visits_of_one_network_get_its_share_and_then_the_sites_own_number(
    here: Service,
) -> None:
    told = [ask(here, THEM.format(nth % 256)) for nth in range(1000)]
    assert Counter(map(shown, told)) == {"exclusive": SHARE, "default": 1000 - SHARE}
    assert told[-1]["numbers"][0]["e164"] == OWN_NUMBER
    assert (told[-1]["visitor"], told[-1]["visit"]) == (None, None)
    assert [len(here.rows(book)) for book in (Visitor, Visit, PageView)] == [SHARE] * 3
    assert shown(ask(here, OTHERS)) == "exclusive"
    assert counted(here) == {"crowded_network": 1000 - SHARE}


def test_a_crowd_costs_no_database(
    database: Database, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with service(database, database_url, visits_per_network=1, voice_budget_ms=500) as here:
        here.announce(User_Agent="")  # counts are written once a minute, and now they were
        ask(here, THEM.format(1))
        with locked(database_url):
            assert shown(ask(here, THEM.format(2))) == "default"
    assert caplog.messages == []


def test_a_known_visit_goes_on_in_a_crowd(here: Service) -> None:
    first = crowd(here)
    assert ask(here, THEM.format(9), "/norway", first) == first
    sealed = first["visit"]
    page = {"type": "page", "page": here.page("/prices")["page"]}
    events = {"events": [{"type": "alive"}, page]}
    here.ask(f"/v1/visits/{sealed}/events", events, X_Forwarded_For=THEM.format(9))
    assert len(here.rows(PageView)) == SHARE + 2
    assert counted(here) == {}


def test_another_tab_of_a_known_visitor_goes_on_in_a_crowd(here: Service) -> None:
    first = crowd(here)
    assert ask(here, THEM.format(9), before={**first, "visit": None}) == first


def test_known_visitors_take_no_more_visits_than_strangers(here: Service) -> None:
    """By clicking on one advertisement after the other."""
    first = crowd(here)
    for nth in range(3):
        told = ask(here, THEM.format(1), f"/?gclid=click-{nth}", first)
        assert shown(told) == "default"
    page = {"type": "page", "page": here.page("/?gclid=click-9")["page"]}
    answer = here.ask(
        f"/v1/visits/{first['visit']}/events", {"events": [page]}, X_Forwarded_For=THEM.format(1)
    )
    assert answer.status_code == 204
    assert len(here.rows(Visit)) == SHARE
    assert counted(here) == {"crowded_network": 4}


def test_a_share_comes_back_with_time(here: Service) -> None:
    crowd(here)
    here.clock.move(seconds=60 / SHARE)
    assert [shown(ask(here, THEM.format(1))) for _ in range(2)] == ["exclusive", "default"]


def test_a_clock_put_back_takes_no_more_than_the_share(here: Service) -> None:
    crowd(here)
    here.clock.move(hours=-24)
    assert shown(ask(here, THEM.format(1))) == "default"
    here.clock.move(seconds=60 / SHARE)
    assert shown(ask(here, THEM.format(1))) != "default"


@pytest.mark.parametrize("told", ["", "unknown", "198.51.100.1:4711"])
def test_where_nobody_knows_the_network_nobody_is_limited(here: Service, told: str) -> None:
    """A proxy that does not say for whom it asks would make one crowd of all visitors."""
    assert {shown(ask(here, told)) for _ in range(SHARE + 2)} == {"exclusive"}


@pytest.mark.parametrize("peer", ["8.8.8.8", "::ffff:8.8.8.8", "2001:4860::8888"])
def test_who_is_not_our_proxy_cannot_pretend_to_be_many_networks(here: Service, peer: str) -> None:
    told = []
    for nth in range(SHARE + 3):
        headers = {"Origin": "https://shop.example", "User-Agent": "Firefox"}
        answer = here.client.post(
            "/v1/visits",
            json=here.page(),
            headers={**headers, "X-Forwarded-For": f"{nth}.1.1.1"},
            environ_overrides={"REMOTE_ADDR": peer},
        )
        told.append(shown(answer.get_json()))
    assert told == ["exclusive"] * SHARE + ["default"] * 3


def test_what_a_client_tells_the_proxy_of_itself_is_not_believed(here: Service) -> None:
    chance = random.Random(1)
    told = [ask(here, f"{chance.randrange(256)}.1.1.1, 198.51.100.7") for _ in range(SHARE + 1)]
    assert shown(told[-1]) == "default"


@pytest.mark.parametrize(("bits", "last"), [(64, "default"), (63, "exclusive")])
def test_a_network_of_ipv6_is_what_a_provider_gives_to_one_customer(
    here: Service, bits: int, last: str
) -> None:
    for nth in range(SHARE):
        ask(here, f"2001:db8:0:2::{nth:x}")
    other = f"2001:db8:0:{2 if bits == 64 else 3}:ffff::1"
    assert shown(ask(here, other)) == last


def test_visits_that_come_at_once_overdraw_a_share_by_no_more_than_there_are_threads(
    here: Service,
) -> None:
    told = at_once([lambda: ask(here, THEM.format(1)) for _ in range(12)])
    assert SHARE <= Counter(map(shown, told))["exclusive"] <= SHARE + 12
    assert shown(ask(here, THEM.format(2))) == "default"


def reasons(here: Service, address: str, times: int, path: str = "/bahamas") -> Counter[str]:
    return Counter(ask(here, address, path)["numbers"][0]["reason"] for _ in range(times))


@pytest.mark.parametrize(("overflow", "assignment"), [(True, "shared"), (False, "default")])
def test_numbers_that_are_kept_from_a_network_are_told_and_counted_as_such(
    database: Database, database_url: str, *, overflow: bool, assignment: str
) -> None:
    with service(database, database_url, shop(20, overflow=overflow)) as here:
        assert reasons(here, THEM.format(1), 12) == {"exclusive": 10, "held_back": 2}
        assert shown(ask(here, THEM.format(2))) == assignment
        assert reasons(here, OTHERS, 10) == {"exclusive": 10}
        assert counted(here) == {"held_back": 3}


@pytest.mark.parametrize(("overflow", "reason"), [(True, "overflow"), (False, "pool_exhausted")])
def test_a_crowd_that_finds_a_drained_pool_is_told_what_anybody_is_and_counted_as_a_crowd(
    database: Database, database_url: str, *, overflow: bool, reason: str
) -> None:
    with service(database, database_url, shop(20, overflow=overflow)) as here:
        for address in (THEM.format(1), OTHERS):
            assert reasons(here, address, 10) == {"exclusive": 10}
        assert reasons(here, THEM.format(1), 3) == {reason: 3}
        assert counted(here) == {"held_back": 3}
        held_back = [lease.assignment for lease in here.rows(Lease)].count("held_back")
        assert held_back == (3 if overflow else 0)


def test_a_crowd_that_is_shown_a_stand_in_is_counted_as_a_crowd(
    database: Database, database_url: str
) -> None:
    origin = Origin(Channel.EMAIL, "newsletter", "email", None)
    when = {"sources": ["newsletter"]}
    rules = PoolRules(Kind.SOURCE, "main", when, stands_in=True, origin=origin)
    news = PoolSetUp("news", 1800, ("+442079460302",), None, rules)
    wanted = replace(shop(1), pools=(*shop(1).pools, news))
    with service(database, database_url, wanted) as here:
        told = reasons(here, THEM.format(1), 12, "/?utm_source=newsletter&utm_medium=email")
        assert told == {"exclusive": 1, "stand_in": 11}
        assert counted(here) == {"stand_in": 9, "held_back": 2}


def test_a_visit_that_was_held_back_stays_so(database: Database, database_url: str) -> None:
    with service(database, database_url, shop(20)) as here:
        told = [ask(here, THEM.format(1)) for _ in range(11)][-1]
        for minutes in (20, 20):  # renewed once
            here.clock.move(minutes=minutes)
            assert ask(here, THEM.format(1), "/norway", told) == told
        assert [lease.assignment for lease in here.rows(Lease)].count("held_back") == 1


def test_who_finds_a_pool_drained_is_not_counted_as_a_crowd(
    database: Database, database_url: str
) -> None:
    with service(database, database_url, shop(3)) as here:
        assert reasons(here, THEM.format(1), 5) == {"exclusive": 3, "overflow": 2}
        assert counted(here) == {"shared_number": 2}
