"""Bodies that no snippet sends: refused with a reason and stored nowhere, on both databases."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from callweave.storage.database import Database
from callweave.storage.visits import PageView, VisitEvent
from service import Service, service
from shops import ORIGIN

PAGE = {"url": f"{ORIGIN}/", "referrer": None, "title": "x"}
TAP = {"type": "tel_click"}
DEEP = '{"a":' * 3_000 + "1" + "}" * 3_000
WIDE = json.dumps([[]] * 40)


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    with service(database, database_url) as here:
        yield here


def custom(data: str) -> str:
    return f'{{"events": [{{"type": "custom", "name": "x", "data": {{"x": {data}}}}}]}}'


# What is wrong, the body, the status, and the problem's type.
UNREADABLE: list[tuple[str, str | bytes, int, str]] = [
    ("nothing", "", 400, "invalid-json"),
    ("no JSON", "site=st_1", 400, "invalid-json"),
    ("half of it", '{"site":', 400, "invalid-json"),
    ("more after it", "{} {}", 400, "invalid-json"),
    ("a byte order mark", b"\xef\xbb\xbf{}", 400, "invalid-json"),
    ("UTF-16", '{"site": "x"}'.encode("utf-16"), 422, "unreadable-text"),
    ("no UTF-8", b'{"site": "\xff"}', 400, "invalid-json"),
    ("half a surrogate in UTF-8", b'{"site": "\xed\xa0\x80"}', 400, "invalid-json"),
    ("a NUL", b'{"site": "\x00"}', 422, "unreadable-text"),
    ("an escaped NUL", '{"site": "\\u0000"}', 422, "unreadable-text"),
    ("NaN", custom("NaN"), 400, "invalid-json"),
    ("Infinity", custom("-Infinity"), 400, "invalid-json"),
    ("an infinite number", custom("1e999"), 400, "invalid-json"),
    ("an endless number", custom("1" * 5_000), 400, "invalid-json"),
    ("a bottomless object", DEEP, 413, "body-too-large"),
    ("a deep object", DEEP[:5_000] + "1" + "}" * 1_000, 400, "invalid-json"),
    ("a deep list", custom("[" * 500 + "]" * 500), 400, "invalid-json"),
    ("a list just too deep", custom("[" * 29 + "]" * 29), 400, "invalid-json"),
    ("a megabyte", "x" * 2**20, 413, "body-too-large"),
    ("a text", '"visit"', 422, "invalid-body"),
    ("a number", "7", 422, "invalid-body"),
    ("a list", "[]", 422, "invalid-body"),
    ("many lists", WIDE, 422, "invalid-body"),
    ("null", "null", 422, "invalid-body"),
]


def test_what_cannot_be_read_is_refused_with_the_reason(here: Service) -> None:
    sealed = here.announce().get_json()["visit"]
    before = here.snapshot()
    for path in ("/v1/visits", f"/v1/visits/{sealed}/events"):
        for what, body, status, type_ in UNREADABLE:
            answer = here.ask(path, body)
            assert (answer.status_code, answer.content_type) == (
                status,
                "application/problem+json",
            ), what
            assert answer.get_json()["type"] == f"urn:callweave:problem:{type_}", what
    assert here.snapshot() == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ({"site": "st_nobody", "page": PAGE}, 404),
        ("x" * 2**15, 413),
        ({}, 422),
        ("\0", 422),
    ],
)
def test_a_page_may_read_why_it_was_refused(here: Service, body: Any, status: int) -> None:
    asked = "https://any.example"
    answer = here.ask("/v1/visits", body, Origin=asked)
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == asked
    assert answer.headers["Vary"] == "Origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(("body", "status"), [("{", 400), ({}, 422), ({"events": [TAP]}, 404)])
def test_a_page_may_read_why_its_report_was_refused(here: Service, body: Any, status: int) -> None:
    answer = here.ask("/v1/visits/vs_1.x/events", body)
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


# The field, and what stands in it.
WRONG: list[tuple[str, Any]] = [
    ("extra", 1),
    ("__proto__", {}),
    ("site", None),
    ("site", ""),
    ("site", ["st_1"]),
    ("site", "x" * 65),
    ("visitor", 7),
    ("visitor", "x" * 129),
    ("visit", {}),
    ("visit", True),
    ("consent", "yes"),
    ("consent", None),
    ("page", None),
    ("page", "https://shop.example/"),
    ("page", {}),
    ("page", {**PAGE, "url": 7}),
    ("page", {**PAGE, "url": ""}),
    ("page", {**PAGE, "title": None}),
    ("page", {**PAGE, "referrer": 1}),
    ("page", {**PAGE, "extra": 1}),
    ("numbers_wanted", "main"),
    ("numbers_wanted", [None]),
    ("numbers_wanted", [["main"]]),
    ("numbers_wanted", [""]),
    ("numbers_wanted", ["x" * 65]),
    ("numbers_wanted", ["main"] * 11),
    ("numbers_wanted", None),
    ("tz", 1),
    ("tz", "x" * 65),
    ("language", []),
    ("language", "x" * 36),
]


def test_a_field_that_is_wrong_is_named(here: Service) -> None:
    before = here.snapshot()
    for name, value in WRONG:
        answer = here.announce(here.page(**{name: value}))
        assert answer.status_code == 422, (name, value)
        assert name in answer.get_json()["errors"], (name, value)
    assert here.snapshot() == before


@pytest.mark.parametrize("missing", ["site", "page"])
def test_a_field_that_is_missing_is_named(here: Service, missing: str) -> None:
    body = here.page()
    del body[missing]
    answer = here.announce(body)
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == {missing: ["Missing data for required field."]}


def test_what_need_not_be_said_need_not(here: Service) -> None:
    little = {"site": here.site.id, "consent": "granted", "page": {"url": f"{ORIGIN}/bahamas"}}
    answer = here.announce(little)
    assert answer.status_code == 201
    assert answer.get_json()["numbers"][0]["assignment"] == "exclusive"


def test_a_title_cut_in_the_middle_of_a_sign_does_not_fail_its_page(here: Service) -> None:
    page = json.dumps(here.page(page={**PAGE, "title": "Beach \\"}))
    body = page.replace("Beach \\\\", "Beach \\ud83c")
    assert here.announce(body).status_code == 201
    assert here.rows(PageView)[0].title == "Beach ?"


def test_a_report_as_deep_as_allowed_is_kept(here: Service) -> None:
    sealed = here.announce().get_json()["visit"]
    deep = custom("[" * 28 + "]" * 28)
    assert here.ask(f"/v1/visits/{sealed}/events", deep).status_code == 204
    assert json.dumps(here.rows(VisitEvent)[0].detail["data"]["x"]) == "[" * 28 + "]" * 28


def test_of_a_field_that_comes_twice_the_last_counts(here: Service) -> None:
    granted = '"consent": "granted"'
    twice = json.dumps(here.page()).replace(granted, granted + ', "consent": "denied"')
    assert here.announce(twice).get_json()["visitor"] is None
