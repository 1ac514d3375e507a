"""What a page gets for announcing itself, and what is kept of it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from callweave.storage.accounts import Refusal as Counted
from callweave.storage.base import Base
from callweave.storage.database import Database
from callweave.storage.numbers import Lease
from callweave.storage.visits import Interest, PageView, Touch, Visit, Visitor
from callweave.web.sites import MOST_SITES
from callweave.workflows.count_refusal import Refusal
from callweave.workflows.set_up_site import PoolSetUp
from databases import SqliteDatabases
from service import FIREFOX, Service, service
from shops import ORIGIN, OVERFLOW, OWN_NUMBER, shop, tracked

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
OWN = {
    "pool": "main",
    "e164": OWN_NUMBER,
    "national": "020 7946 0000",
    "international": "+44 20 7946 0000",
    "assignment": "default",
    "replaces": [OWN_NUMBER, "02079460000"],
}


def own(reason: str) -> dict[str, Any]:
    return {**OWN, "reason": reason}


BOOKS: tuple[type[Base], ...] = (Visitor, Visit, Touch, PageView, Interest, Lease)


@pytest.fixture
def here(sqlite: SqliteDatabases) -> Iterator[Service]:
    with sqlite.migrated() as url:
        database = Database(url)
        with service(database, url) as here:
            yield here
        database.close()


def kept(here: Service) -> int:
    return sum(len(here.rows(book)) for book in BOOKS)


def counted(here: Service) -> dict[str, int]:
    """Those not written yet included."""
    here.clock.move(minutes=1)
    here.parts.refused.write_if_due(here.parts.database, here.clock())
    return {row.reason: row.times for row in here.rows(Counted)}


def lent(here: Service, **changes: Any) -> Any:
    return here.announce(here.page(**changes)).get_json()


def test_a_new_visit_gets_ids_and_a_number_of_its_own(here: Service) -> None:
    answer = here.announce()
    told = answer.get_json()
    assert answer.status_code == 201
    assert told["numbers"] == [
        {
            "pool": "main",
            "e164": "+442079460101",
            "national": "020 7946 0101",
            "international": "+44 20 7946 0101",
            "assignment": "exclusive",
            "reason": "exclusive",
            "replaces": [OWN_NUMBER, "02079460000"],
        }
    ]
    assert (told["renew_every"], told["expires_in"]) == (60, 1350)
    assert told["visitor"].startswith("vr_")
    assert told["visit"].startswith("vs_")


def test_a_known_visit_keeps_its_ids_and_its_number(here: Service) -> None:
    first = here.announce()
    again = here.announce(here.page("/norway", first.get_json()))
    assert again.status_code == 200
    assert again.get_json() == first.get_json()
    assert [len(here.rows(book)) for book in (Visitor, Visit, PageView)] == [1, 1, 2]


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "text/plain;charset=UTF-8", ""])
def test_the_body_is_json_whatever_it_is_called(here: Service, kind: str) -> None:
    headers = {"Origin": ORIGIN, "User-Agent": FIREFOX, "Content-Type": kind}
    body = json.dumps(here.page())
    assert here.client.post("/v1/visits", data=body, headers=headers).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        lambda sealed: sealed[:-1] + ("A" if sealed[-1] != "A" else "B"),
        lambda sealed: sealed.partition(".")[0],
        lambda sealed: "vs_" + "0" * 26 + sealed[29:],
        lambda sealed: "",
        lambda sealed: "\u0661" * 10,
        lambda sealed: None,
    ],
)
def test_a_forged_id_begins_a_new_visit(here: Service, change: Any) -> None:
    first = lent(here)
    forged = {**first, "visitor": change(first["visitor"]), "visit": change(first["visit"])}
    answer = here.announce(here.page("/", forged))
    assert answer.status_code == 201
    assert answer.get_json()["visit"] != first["visit"]
    assert answer.get_json()["visitor"] != first["visitor"]
    assert len(here.rows(Visitor)) == 2


def test_an_id_of_another_site_begins_a_new_visit(here: Service) -> None:
    other = here.parts.seal.close("vs_" + "0" * 26, "st_other")
    answer = here.announce(here.page("/", {"visitor": None, "visit": other}))
    assert answer.status_code == 201


def test_a_visitor_who_returns_after_half_an_hour_begins_a_new_visit(here: Service) -> None:
    first = lent(here)
    here.clock.move(minutes=30)
    again = here.announce(here.page("/", first))
    assert again.status_code == 201
    assert again.get_json()["visitor"] == first["visitor"]
    assert again.get_json()["visit"] != first["visit"]


def test_somebody_elses_visit_is_not_continued(here: Service) -> None:
    first, second = lent(here), lent(here)
    stolen = here.announce(here.page("/", {**second, "visit": first["visit"]}))
    assert stolen.get_json()["visit"] == second["visit"]


@pytest.mark.parametrize(
    ("consent", "agent", "reason"),
    [
        ("denied", FIREFOX, Refusal.CONSENT_MISSING),
        ("unknown", FIREFOX, Refusal.CONSENT_MISSING),
        ("granted", GOOGLEBOT, Refusal.BOT),
        ("granted", "", Refusal.BOT),
    ],
)
def test_who_is_no_visitor_sees_the_sites_own_number_and_leaves_no_profile(
    here: Service, consent: str, agent: str, reason: Refusal
) -> None:
    answer = here.announce(here.page(consent=consent), User_Agent=agent)
    assert answer.status_code == 200
    assert answer.get_json() == {"visitor": None, "visit": None, "numbers": [own(reason)]}
    assert kept(here) == 0
    assert counted(here) == {reason: 1}


def test_without_a_word_on_consent_there_is_none(here: Service) -> None:
    body = here.page()
    del body["consent"]
    assert here.announce(body).get_json()["visitor"] is None
    assert kept(here) == 0


def test_a_pool_that_does_not_exist_gets_the_sites_own_number(here: Service) -> None:
    answer = here.announce(here.page(numbers_wanted=["nope", "main", "nope"]))
    numbers = answer.get_json()["numbers"]
    assert [(n["pool"], n["assignment"]) for n in numbers] == [
        ("nope", "default"),
        ("main", "exclusive"),
    ]
    assert numbers[0]["e164"] == OWN_NUMBER
    assert numbers[0]["replaces"] == []
    assert counted(here) == {"unknown_pool": 1}


def test_a_page_may_want_no_number_at_all(here: Service) -> None:
    answer = here.announce(here.page(numbers_wanted=[]))
    assert (answer.status_code, answer.get_json()["numbers"]) == (201, [])


def test_a_pool_that_is_used_up_is_shared_and_counted(
    database: Database, database_url: str
) -> None:
    with service(database, database_url, shop(1)) as here:
        here.shown()
        late = lent(here)
        assert (late["numbers"][0]["e164"], late["numbers"][0]["assignment"]) == (
            OVERFLOW,
            "shared",
        )
        lent(here, before=late)
        assert counted(here) == {"shared_number": 1}


def test_a_pool_without_overflow_that_is_used_up_gives_the_sites_own(
    database: Database, database_url: str
) -> None:
    with service(database, database_url, shop(1, overflow=False)) as here:
        here.shown()
        assert lent(here)["numbers"] == [own("pool_exhausted")]
        assert counted(here) == {"pool_exhausted": 1}


def test_each_pool_lends_a_number_of_its_own(sqlite: SqliteDatabases) -> None:
    sales = PoolSetUp("sales", 600, ("+442079460301",), None)
    with sqlite.migrated() as url:
        database = Database(url)
        wanted = replace(shop(), pools=(*shop().pools, sales))
        with service(database, url, wanted) as here:
            told = lent(here, numbers_wanted=["sales", "main"])
        database.close()
    assert [n["e164"] for n in told["numbers"]] == ["+442079460301", tracked(1)[0]]
    assert (told["renew_every"], told["expires_in"]) == (20, 450)


def test_an_unknown_site_is_told_where_to_look(here: Service) -> None:
    answer = here.announce(here.page(site="st_nope"))
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert answer.get_json()["type"] == "urn:callweave:problem:unknown-site"


def test_a_flood_of_invented_sites_does_not_make_a_real_one_forgotten(here: Service) -> None:
    """For when the database is away: see SiteShelf.last_known."""
    here.announce()
    shelf = here.parts.sites
    shelf._kept |= {f"st_{nth}": (here.clock(), None) for nth in range(MOST_SITES)}
    assert here.announce(here.page(site="st_one_more")).status_code == 404
    assert shelf.last_known(here.site.id)
    assert len(shelf._kept) == 2


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://shop.example.evil.example",
        "https://sub.shop.example",
        "http://shop.example",
        "https://shop.example:8443",
        "https://SHOP.example",
        "https://shop.example/",
        "null",
        "",
    ],
)
def test_only_the_sites_own_pages_are_served(here: Service, origin: str) -> None:
    answer = here.announce(here.page(), Origin=origin)
    assert answer.status_code == 403
    assert answer.get_json()["type"] == "urn:callweave:problem:foreign-origin"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert kept(here) == 0
    assert counted(here) == {"foreign_origin": 1}


def test_answers_are_for_the_page_that_asked_and_for_no_cache(here: Service) -> None:
    headers = here.announce().headers
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert headers["Vary"] == "Origin"
    assert headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Credentials" not in headers
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("path", ["/v1/visits", "/v1/visits/vs_1.x/events"])
def test_a_browser_that_asks_first_may_post(here: Service, path: str) -> None:
    answer = here.client.options(path, headers={"Origin": ORIGIN})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert answer.headers["Access-Control-Allow-Headers"] == "Content-Type"
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
