"""A visitor is known again on another domain of the site, and by a cookie of the site's host."""

from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest

from callweave.storage.database import Database
from callweave.storage.visits import PageView, Visit
from databases import Databases
from service import FIREFOX, Service, service
from shops import ORIGIN


@pytest.fixture
def here(databases: Databases) -> Iterator[Service]:
    with databases.migrated() as url:
        database = Database(url)
        with service(database, url) as here:
            yield here
        database.close()


def arrive(here: Service, **more: Any) -> Any:
    answer = here.announce(here.page(**more))
    assert answer.status_code in {200, 201}, answer.text
    return answer.get_json()


def link_of(here: Service, visit: Any) -> str:
    answer = here.ask(f"/v1/visits/{visit['visit']}/links", {})
    assert answer.status_code == 201, answer.text
    link: str = answer.get_json()["link"]
    return link


def test_a_link_carries_the_visit_and_its_number(here: Service) -> None:
    first = arrive(here)
    other = arrive(here, path="/book", link=link_of(here, first))
    assert (other["visitor"], other["visit"]) == (first["visitor"], first["visit"])
    assert other["numbers"] == first["numbers"]


def test_the_visitor_of_a_link_comes_before_the_one_that_the_domain_knew(here: Service) -> None:
    known, first = arrive(here), arrive(here)
    other = arrive(here, before=known, link=link_of(here, first))
    assert other["visitor"] == first["visitor"] != known["visitor"]


def test_a_link_is_good_once(here: Service) -> None:
    first = arrive(here)
    link = link_of(here, first)
    arrive(here, link=link)
    assert arrive(here, link=link)["visitor"] != first["visitor"]


@pytest.mark.parametrize(("seconds", "known"), [(119, True), (121, False)])
def test_a_link_is_good_for_two_minutes(here: Service, seconds: int, *, known: bool) -> None:
    first = arrive(here)
    link = link_of(here, first)
    here.clock.move(seconds=seconds)
    assert (arrive(here, link=link)["visitor"] == first["visitor"]) == known


def test_a_forged_link_is_ignored(here: Service) -> None:
    first = arrive(here)
    link = link_of(here, first)
    for forged in (link[:-1] + ("A" if link[-1] != "A" else "B"), link.partition(".")[0], "x"):
        assert arrive(here, link=forged)["visitor"] != first["visitor"]
    assert arrive(here, link=link)["visitor"] == first["visitor"]


def test_without_consent_a_link_is_not_even_used(here: Service) -> None:
    first = arrive(here)
    link = link_of(here, first)
    assert arrive(here, link=link, consent="denied")["visitor"] is None
    assert arrive(here, link=link)["visitor"] == first["visitor"]


def test_links_are_made_for_visits_of_ours_on_pages_of_the_site(here: Service) -> None:
    visit = arrive(here)["visit"]
    assert here.ask(f"/v1/visits/{visit}x/links", {}).status_code == 404
    foreign = here.ask(f"/v1/visits/{visit}/links", {}, Origin="https://else.example")
    assert foreign.status_code == 403


def test_no_page_view_keeps_the_parameter(here: Service) -> None:
    arrive(here, path="/book?cw_link=lk_1.x")
    assert [view.page for view in here.rows(PageView)] == [f"{ORIGIN}/book"]


def cookies(answer: Any) -> SimpleCookie:
    return SimpleCookie("\n".join(answer.headers.getlist("Set-Cookie")))


def ask_with(
    here: Service, name: str, value: str, path: str, body: Any, site: str = "same-origin"
) -> Any:
    browser = here.client
    browser.set_cookie(name, value, domain="localhost", secure=True)
    browser.set_cookie("other", "1", domain="localhost")
    headers = {"Origin": ORIGIN, "User-Agent": FIREFOX, "Sec-Fetch-Site": site}
    return browser.post(path, json=body, headers=headers)


def test_a_host_that_proxies_us_keeps_the_visitor(here: Service) -> None:
    answer = here.announce(here.page(cookie=True), Sec_Fetch_Site="same-origin")
    [kept] = cookies(answer).values()
    assert kept.value == answer.get_json()["visitor"]
    assert (kept["secure"], kept["httponly"], kept["samesite"]) == (True, True, "Lax")
    assert (kept["max-age"], kept["path"], kept["domain"]) == ("34560000", "", "")
    again = ask_with(here, kept.key, kept.value, "/v1/visits", here.page(cookie=True))
    assert again.get_json()["visitor"] == kept.value
    assert len(here.rows(Visit)) == 1


@pytest.mark.parametrize(
    ("asked", "site"), [(True, "same-site"), (True, "cross-site"), (False, "same-origin")]
)
def test_elsewhere_no_cookie_is_set(here: Service, site: str, *, asked: bool) -> None:
    answer = here.announce(here.page(cookie=asked), Sec_Fetch_Site=site)
    assert "Set-Cookie" not in answer.headers


def test_without_consent_no_cookie_is_set(here: Service) -> None:
    page = here.page(cookie=True, consent="denied")
    assert "Set-Cookie" not in here.announce(page, Sec_Fetch_Site="same-origin").headers


@pytest.mark.parametrize(("site", "gone"), [("same-origin", 1), ("cross-site", 0)])
def test_a_withdrawal_takes_the_cookie_back(here: Service, site: str, gone: int) -> None:
    name = f"callweave_visitor_{here.site.id}"
    answer = ask_with(here, name, "vr_1.x", "/v1/forget", {}, site)
    assert answer.status_code == 204
    assert [taken["max-age"] for taken in cookies(answer).values()] == ["0"] * gone
