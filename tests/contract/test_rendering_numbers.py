"""Numbers for pages without a script of ours: rendered on a server, and AMP documents."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from callweave.domain.leases.pools import Kind, PoolRules
from callweave.storage.database import Database
from callweave.storage.numbers import Lease
from callweave.web.rendering import amp_label
from callweave.workflows.set_up_site import PoolSetUp
from databases import SqliteDatabases
from service import Service, service
from shops import ORIGIN, OVERFLOW, OWN_NUMBER, shop

LEEDS, LEEDS_SHARED = "+441134960101", "+441134960199"


@contextmanager
def shop_of(sqlite: SqliteDatabases, *pools: PoolSetUp) -> Iterator[Service]:
    wanted = replace(shop(), pools=pools)
    with sqlite.migrated() as url:
        database = Database(url)
        with service(database, url, wanted) as here:
            yield here
        database.close()


def shop_with(sqlite: SqliteDatabases, *more: PoolSetUp) -> AbstractContextManager[Service]:
    return shop_of(sqlite, *shop().pools, *more)


@pytest.fixture
def here(sqlite: SqliteDatabases) -> Iterator[Service]:
    with shop_with(sqlite) as here:
        yield here


def ask(here: Service, path: str = "number", *, headers: Any = None, **query: str) -> Any:
    return here.client.get(
        f"/v1/{path}", query_string={"site": here.site.id, **query}, headers=headers
    )


def test_a_template_is_told_the_number_that_all_may_see(here: Service) -> None:
    answer = ask(here)
    assert answer.get_json() == {
        "pool": "main",
        "e164": OVERFLOW,
        "national": "020 7946 0099",
        "international": "+44 20 7946 0099",
        "tel": f"tel:{OVERFLOW}",
        "assignment": "shared",
        "max_age": 300,
    }
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert here.rows(Lease) == []


def test_an_unknown_pool_is_the_sites_own_number(here: Service) -> None:
    told = ask(here, pool="nobody").get_json()
    assert (told["e164"], told["assignment"]) == (OWN_NUMBER, "default")


def test_a_visit_is_told_its_own_number_and_no_cache_keeps_it(here: Service) -> None:
    lent = here.announce().get_json()
    answer = ask(here, visit=lent["visit"])
    assert answer.get_json()["e164"] == lent["numbers"][0]["e164"]
    assert (answer.get_json()["assignment"], answer.get_json()["max_age"]) == ("exclusive", 0)
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_forged_visit_and_one_whose_lease_ended_get_what_all_get(here: Service) -> None:
    visit = here.announce().get_json()["visit"]
    assert ask(here, visit=visit[:-2]).get_json()["assignment"] == "shared"
    here.clock.move(hours=2)
    assert ask(here, visit=visit).get_json()["assignment"] == "shared"


@pytest.mark.parametrize("path", ["number", "amp"])
@pytest.mark.parametrize("kind", [Kind.SOURCE, Kind.PLACEMENT, Kind.UNSHOWN])
def test_a_number_that_pages_do_not_show_to_all_is_told_to_nobody(
    sqlite: SqliteDatabases, kind: Kind, path: str
) -> None:
    hidden = PoolSetUp("apart", 600, (LEEDS,), None, PoolRules(kind))
    with shop_with(sqlite, hidden) as here:
        told = ask(here, path, headers={"AMP-Same-Origin": "true"}, pool="apart").get_json()
    assert OWN_NUMBER in {told.get("e164"), told.get("phoneNumber")}


def test_the_number_of_an_area_is_not_for_everybody(sqlite: SqliteDatabases) -> None:
    (main,) = shop().pools
    rules = PoolRules(serves="main", conditions={"regions": ["GB"]})
    local = PoolSetUp("leeds", 600, (LEEDS,), LEEDS_SHARED, rules)
    with shop_of(sqlite, replace(main, overflow=None), local) as here:
        assert ask(here).get_json()["e164"] == OWN_NUMBER


def test_a_pool_for_an_area_is_asked_for_by_the_name_that_it_serves(
    sqlite: SqliteDatabases,
) -> None:
    rules = PoolRules(serves="main", conditions={"regions": ["GB"]})
    with shop_with(sqlite, PoolSetUp("leeds", 600, (LEEDS,), LEEDS_SHARED, rules)) as here:
        assert ask(here).get_json()["e164"] == OVERFLOW  # whose area nobody knows
        lent = here.announce(here.page(language="en-GB")).get_json()
        held = ask(here, visit=lent["visit"]).get_json()
    assert (held["e164"], held["assignment"]) == (LEEDS, "exclusive")


@pytest.mark.parametrize(
    ("asked_for", "shown"),
    [("en-GB,en;q=0.9", LEEDS), ("fr-FR, en-GB", OVERFLOW), ("*", OVERFLOW), ("", OVERFLOW)],
)
def test_a_page_that_does_not_say_its_language_has_that_of_the_browser(
    sqlite: SqliteDatabases, asked_for: str, shown: str
) -> None:
    rules = PoolRules(serves="main", conditions={"regions": ["GB"]})
    (main,) = shop().pools
    local = PoolSetUp("leeds", 600, (LEEDS,), LEEDS_SHARED, rules)
    with shop_of(sqlite, replace(main, numbers=()), local) as here:
        page = {name: told for name, told in here.page().items() if name != "language"}
        lent = here.announce(page, **{"Accept-Language": asked_for}).get_json()
    assert lent["numbers"][0]["e164"] == shown


@pytest.mark.parametrize("path", ["number", "amp"])
def test_an_unknown_site_is_not_found(here: Service, path: str) -> None:
    assert ask(here, path, site="st_nobody").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ORIGIN},
        {"Origin": "https://shop-example.cdn.ampproject.org"},
        {"Origin": "https://shop-example.bing-amp.com"},
        {"AMP-Same-Origin": "true"},
    ],
)
def test_an_amp_page_of_the_site_is_told(here: Service, headers: dict[str, str]) -> None:
    answer = ask(here, "amp", headers=headers)
    assert answer.get_json() == {"phoneNumber": OVERFLOW, "formattedPhoneNumber": "020 7946 0099"}
    assert answer.headers.get("Access-Control-Allow-Origin") == headers.get("Origin")


def test_an_amp_page_asks_with_its_cookies_and_may_read_what_all_may_see(here: Service) -> None:
    with_cookies = ask(here, "amp", headers={"Origin": ORIGIN, "Cookie": "any=1"})
    assert with_cookies.headers["Access-Control-Allow-Credentials"] == "true"
    assert with_cookies.headers["Access-Control-Allow-Origin"] == ORIGIN  # no browser takes * here
    assert with_cookies.headers["Cache-Control"] == "public, max-age=300"
    assert "Origin" in with_cookies.headers["Vary"]
    assert with_cookies.get_json() == ask(here, "amp", headers={"Origin": ORIGIN}).get_json()


def test_without_an_origin_no_page_is_let_in_with_cookies(here: Service) -> None:
    answer = ask(here, "amp", headers={"AMP-Same-Origin": "true"})
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://else-example.cdn.ampproject.org"},
        {"Origin": "https://cdn.ampproject.org", "AMP-Same-Origin": "true"},
        {"Origin": "https://shop-example.cdn.ampproject.org.else.example"},
    ],
)
def test_other_pages_are_refused(here: Service, headers: dict[str, str]) -> None:
    assert ask(here, "amp", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("host", "label"),
    [
        ("pub.com", "pub-com"),
        ("a-b.example", "a--b-example"),
        ("en-us.example.com", "0-en--us-example-com-0"),
        ("xn--mnchen-3ya.example", "xn--mnchen-example-gsb"),
        # printf localhost | sha256sum | xxd -r -p | base32
        ("localhost", "jgla3zmib2ggq5buc4hwi5taloh6jlvzukddfr4zltz3vay5s5rq"),
    ],
)
def test_a_host_has_its_name_in_the_caches(host: str, label: str) -> None:
    assert amp_label(host) == label
