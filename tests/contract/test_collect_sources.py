"""What pages are answered where a site has numbers by source: to visitors, and to whom is none."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from callweave.domain.leases.pools import Kind, Origin, PoolRules
from callweave.domain.visits.channels import Channel
from callweave.storage.accounts import Refusal as Counted
from callweave.storage.database import Database
from callweave.storage.numbers import Lease
from callweave.workflows.set_up_site import PoolSetUp
from databases import SqliteDatabases
from outages import locked
from service import FIREFOX, Service, service
from shops import OVERFLOW, OWN_NUMBER, shop, tracked

FLYER, NEWS = "+442079460301", "+442079460302"
LETTER = Origin(Channel.EMAIL, "newsletter", "email", None)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
HEADLESS = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/141.0 Safari/537.36"
BY_FLYER = PoolRules(Kind.SOURCE, "main", {"parameters": {"flyer": ["*"]}}, origin=LETTER)
BY_NEWS = PoolRules(Kind.SOURCE, "main", {"sources": ["newsletter"]}, stands_in=True, origin=LETTER)
POOLS = (
    PoolSetUp("main", 600, tracked(1), OVERFLOW, PoolRules(cooldown_s=3600)),
    PoolSetUp("flyer", 1800, (FLYER,), None, BY_FLYER),
    PoolSetUp("news", 1800, (NEWS,), None, BY_NEWS),
)


@pytest.fixture
def here(sqlite: SqliteDatabases) -> Iterator[Service]:
    with sqlite.migrated() as url:
        database = Database(url)
        with service(database, url, replace(shop(), pools=POOLS), visits_per_network=1) as here:
            yield here
        database.close()


def told(here: Service, path: str, agent: str = FIREFOX, **changes: Any) -> tuple[str, str, str]:
    page = here.page(path, **changes)
    answer = here.announce(page, User_Agent=agent, X_Forwarded_For="198.51.100.7")
    (number,) = answer.get_json()["numbers"]
    return number["e164"], number["assignment"], number["reason"]


def test_a_landing_parameter_shows_the_number_of_its_pool(here: Service) -> None:
    assert told(here, "/?flyer=7") == (FLYER, "shared", "source")


def test_a_page_is_promised_the_lease_of_the_pool_that_answered(here: Service) -> None:
    answers = [here.announce(here.page(path)).get_json() for path in ("/?flyer=7", "/")]
    assert [(a["renew_every"], a["expires_in"]) for a in answers] == [(60, 1350), (20, 450)]


@pytest.mark.parametrize("consent", ["denied", "unknown"])
def test_without_consent_the_source_has_its_number_and_nothing_is_kept(
    here: Service, consent: str
) -> None:
    assert told(here, "/?flyer=7", consent=consent) == (FLYER, "shared", "consent_missing")
    assert told(here, "/", consent=consent) == (OWN_NUMBER, "default", "consent_missing")
    assert here.rows(Lease) == []


def test_a_crowd_sees_the_number_of_its_source(here: Service) -> None:
    told(here, "/")
    assert told(here, "/?flyer=7") == (FLYER, "shared", "crowded_network")
    assert told(here, "/") == (OWN_NUMBER, "default", "crowded_network")


@pytest.mark.parametrize("agent", [GOOGLEBOT, HEADLESS, ""])
def test_robots_see_the_sites_own_number_whatever_they_follow(here: Service, agent: str) -> None:
    assert told(here, "/?flyer=7", agent) == (OWN_NUMBER, "default", "bot")


def test_in_an_outage_the_source_keeps_its_number(database: Database, database_url: str) -> None:
    wanted = replace(shop(), pools=POOLS)
    with service(database, database_url, wanted, voice_budget_ms=500) as here:
        told(here, "/")
        with locked(database_url):
            assert told(here, "/?flyer=7") == (FLYER, "shared", "unavailable")


def test_a_number_of_the_next_pool_is_told_and_counted(
    database: Database, database_url: str
) -> None:
    here_only = PoolRules(serves="main", conditions={"time_zones": ["*"]})
    area = PoolSetUp("area", 600, (FLYER,), None, here_only)
    wanted = replace(shop(), pools=(POOLS[0], area))
    with service(database, database_url, wanted) as here:
        steps = [told(here, "/")[2] for _ in range(3)]
        here.clock.move(minutes=1)
        here.parts.refused.write_if_due(here.parts.database, here.clock())
        counted = {row.reason: row.times for row in here.rows(Counted)}
    assert steps == ["exclusive", "next_pool", "next_overflow"]
    assert counted == {"next_pool": 1, "shared_number": 1}


def test_each_step_down_is_told_and_counted_by_pool(here: Service) -> None:
    letter = "/?utm_source=newsletter&utm_medium=email"
    steps = []
    for path, minutes in (("/", 0), (letter, 1), ("/", 1), ("/", 20)):
        here.clock.move(minutes=minutes)
        steps.append(told(here, path)[2])
    assert steps == ["exclusive", "stand_in", "overflow", "without_cool_down"]
    here.clock.move(minutes=1)
    here.parts.refused.write_if_due(here.parts.database, here.clock())
    counted = {(row.scope[:2], row.reason): row.times for row in here.rows(Counted)}
    assert counted == {
        ("po", "stand_in"): 1,
        ("st", "shared_number"): 1,
        ("po", "without_cool_down"): 1,
    }
