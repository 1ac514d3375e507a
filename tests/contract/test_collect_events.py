"""What an open page reports between two page views."""

from collections.abc import Iterator
from typing import Any

import pytest

from callweave.storage.database import Database
from callweave.storage.numbers import Lease
from callweave.storage.visits import PageView, Visit, VisitEvent, Visitor
from callweave.workflows.keep_visit import MOST_TRAITS
from databases import SqliteDatabases
from service import Line, Service, service
from shops import DEV, NOON, ORIGIN


@pytest.fixture
def here(sqlite: SqliteDatabases) -> Iterator[Service]:
    with sqlite.migrated() as url:
        database = Database(url)
        with service(database, url) as here:
            yield here
        database.close()


def visit(here: Service) -> str:
    told: str = here.announce().get_json()["visit"]
    return told


def report(here: Service, sealed: str, *events: dict[str, Any], **headers: str) -> int:
    answer = here.ask(f"/v1/visits/{sealed}/events", {"events": events}, **headers)
    return answer.status_code


def told(here: Service) -> list[tuple[str, Any]]:
    return [(event.type, event.detail) for event in here.rows(VisitEvent)]


def test_an_open_page_keeps_its_number(here: Service) -> None:
    sealed = visit(here)
    for _ in range(4):
        here.clock.move(minutes=20)
        assert report(here, sealed, {"type": "alive"}) == 204
    (lease,) = here.rows(Lease)
    assert lease.expires_at == here.clock.move(minutes=30)
    assert here.rows(Visit)[0].last_seen_at == NOON.replace(hour=13, minute=20)


@pytest.mark.parametrize("type_", ["leave", "tel_click"])
def test_nothing_but_an_open_page_renews_a_lease(here: Service, type_: str) -> None:
    sealed = visit(here)
    here.clock.move(minutes=20)
    assert report(here, sealed, {"type": type_}) == 204
    assert here.rows(Lease)[0].expires_at == NOON.replace(minute=30)


def test_what_happened_on_the_page_is_kept_in_its_order(here: Service) -> None:
    events: list[dict[str, Any]] = [
        {"type": "tel_click", "number": "+442079460101", "at": "2026-11-18T12:00:00Z"},
        {"type": "custom", "name": "quote", "data": {"nights": 7}},
        {"type": "custom", "name": "bare"},
        {"type": "identify", "traits": {"plan": "gold"}},
    ]
    assert report(here, visit(here), *events) == 204
    assert told(here) == [
        ("tel_click", {"number": "+442079460101"}),
        ("custom", {"name": "quote", "data": {"nights": 7}}),
        ("custom", {"name": "bare", "data": {}}),
        ("identify", {"plan": "gold"}),
    ]


def test_a_page_view_can_be_reported_as_an_event(here: Service) -> None:
    page = {"url": f"{ORIGIN}/norway?q=1", "title": "Norway"}
    assert report(here, visit(here), {"type": "page", "page": page}) == 204
    assert {view.page for view in here.rows(PageView)} == {f"{ORIGIN}/bahamas", f"{ORIGIN}/norway"}
    assert len(here.rows(Visit)) == 1


def test_what_the_site_says_of_its_visitor_adds_up(here: Service) -> None:
    sealed = visit(here)
    report(here, sealed, {"type": "identify", "traits": {"plan": "gold", "age": 3}})
    report(here, sealed, {"type": "identify", "traits": {"age": 4, "customer": True}})
    (visitor,) = here.rows(Visitor)
    assert visitor.traits == {"plan": "gold", "age": 4, "customer": True}
    assert visitor.customer


def test_a_visitor_who_is_a_customer_is_one_when_they_ring(here: Service) -> None:
    first = here.announce(here.page("/")).get_json()
    report(here, first["visit"], {"type": "identify", "traits": {"customer": True}})
    line = Line(here, first["numbers"][0]["e164"])
    assert line.ring() == f"dial {DEV}"
    assert line.whisper(1) == "say Existing customer."


def test_a_visitor_has_no_end_of_traits(here: Service) -> None:
    sealed = visit(here)
    for nth in range(3):
        many = {f"trait {nth} {each}": each for each in range(40)}
        assert report(here, sealed, {"type": "identify", "traits": many}) == 204
    assert len(here.rows(Visitor)[0].traits) == MOST_TRAITS


TAP = {"type": "tel_click", "number": "+442079460101"}
TAPPED = ("tel_click", {"number": "+442079460101"})
ODD: list[Any] = [
    {},
    {"type": "dance"},
    {"type": "alive", "extra": 1},
    {"type": "page"},
    {"type": "page", "page": {"url": ""}},
    {"type": "identify"},
    {"type": "identify", "traits": []},
    {"type": "custom", "data": {}},
    {"type": "custom", "name": "x" * 65},
    {"type": "custom", "name": ""},
    {"type": "custom", "name": 7},
    {"type": "custom", "name": "quote", "data": [7]},
    {"type": "custom", "number": "1" * 65},
    {"type": "alive", "at": "yesterday"},
    {"type": "alive", "at": "2026-11-18T12:00:00"},
    {"type": ["alive"]},
    "alive",
    ["number"],
    None,
]


@pytest.mark.parametrize("event", ODD)
def test_an_event_of_another_form_costs_none_of_those_beside_it(here: Service, event: Any) -> None:
    quote = {"type": "custom", "name": "quote"}
    answer = here.ask(f"/v1/visits/{visit(here)}/events", {"events": [TAP, event, quote]})
    assert (answer.status_code, answer.get_json()["kept"]) == (200, 2)
    assert list(answer.get_json()["errors"]["events"]) == ["1"]
    assert told(here) == [TAPPED, ("custom", {"name": "quote", "data": {}})]


@pytest.mark.parametrize("event", ODD)
def test_where_no_event_is_of_the_form_the_report_is_refused(here: Service, event: Any) -> None:
    sealed = visit(here)
    before = here.snapshot()
    answer = here.ask(f"/v1/visits/{sealed}/events", {"events": [event, event]})
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert list(answer.get_json()["errors"]["events"]) == ["0", "1"]
    assert here.snapshot() == before


def test_what_was_not_kept_is_named_with_the_reason(here: Service) -> None:
    odd = [TAP, {"type": "custom", "data": [7]}, None]
    answer = here.ask(f"/v1/visits/{visit(here)}/events", {"events": odd})
    assert answer.get_json() == {
        "kept": 1,
        "errors": {
            "events": {
                "1": {"data": ["Not a valid mapping type."]},
                "2": ["Field may not be null."],
            }
        },
    }
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize("number", ["1" * 65, 7, None])
def test_a_tap_counts_though_its_number_is_none(here: Service, number: Any) -> None:
    tap = {"type": "tel_click", "number": number}
    answer = here.ask(f"/v1/visits/{visit(here)}/events", {"events": [tap]})
    assert (answer.status_code, answer.get_json()["kept"]) == (200, 1)
    assert list(answer.get_json()["errors"]["events"]["0"]) == ["number"]
    assert told(here) == [("tel_click", {"number": None})]


@pytest.mark.parametrize(
    "body", [{"events": [TAP] * 50 + [None]}, {"events": [TAP, None], "extra": 1}, [TAP]]
)
def test_a_body_of_another_form_is_refused_with_all_that_is_in_it(here: Service, body: Any) -> None:
    sealed = visit(here)
    before = here.snapshot()
    assert here.ask(f"/v1/visits/{sealed}/events", body).status_code == 422
    assert here.snapshot() == before


@pytest.mark.parametrize("events", [[], [{"type": "alive"}] * 51, {}, None, "alive"])
def test_a_report_has_one_event_to_fifty(here: Service, events: Any) -> None:
    answer = here.ask(f"/v1/visits/{visit(here)}/events", {"events": events})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "change",
    [
        lambda sealed: sealed[:-1] + ("A" if sealed[-1] != "A" else "B"),
        lambda sealed: sealed.partition(".")[0],
        lambda sealed: "vs_" + "0" * 26 + sealed[29:],
        lambda _: "vs_%00",
        lambda sealed: sealed.replace("vs_", "vs_%00"),
        lambda _: "%F0%9F%98%80",
        lambda _: "%ED%A0%80",
        lambda _: "x" * 5_000,
        lambda sealed: sealed.upper(),
    ],
)
def test_a_visit_that_is_not_ours_is_not_found(
    database: Database, database_url: str, change: Any
) -> None:
    with service(database, database_url) as here:
        sealed, before = visit(here), here.snapshot()
        answer = here.ask(f"/v1/visits/{change(sealed)}/events", {"events": [{"type": "alive"}]})
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
        assert here.snapshot() == before


def test_only_the_sites_own_pages_report(here: Service) -> None:
    sealed = visit(here)
    before = here.snapshot()
    assert report(here, sealed, {"type": "alive"}, Origin="https://evil.example") == 403
    assert here.snapshot() == before


def test_a_beacon_that_hides_its_origin_is_known_by_its_visit(here: Service) -> None:
    """As under Referrer-Policy: no-referrer, in browsers that follow the Fetch standard."""
    sealed = visit(here)
    assert report(here, sealed, TAP, Origin="null") == 204
    assert told(here) == [TAPPED]
    assert report(here, sealed[:-3] + "AAA", TAP, Origin="null") == 404
    assert told(here) == [TAPPED]


def test_who_hides_their_origin_reads_no_answer(here: Service) -> None:
    path, events = f"/v1/visits/{visit(here)}/events", {"events": [TAP, None]}
    kept = here.ask(path, events, Origin="null")
    refused = here.ask(path, {"events": []}, Origin="null")
    asked_first = here.client.options(path, headers={"Origin": "null"})
    for answer in (kept, refused, asked_first):
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Vary"] == "Origin"


def test_a_link_for_another_domain_is_made_for_no_hidden_origin(here: Service) -> None:
    answer = here.ask(f"/v1/visits/{visit(here)}/links", {}, Origin="null")
    assert answer.status_code == 403
