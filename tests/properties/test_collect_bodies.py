"""Whatever JSON a page sends: a reason or a number, the same by the quick reader and the slow."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from callweave.storage.database import Database
from callweave.web.schemas.visits import _quick_visit, _visit_schema
from service import Service, service

texts = st.text(st.characters(exclude_categories=()), max_size=8)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
anything = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
perhaps_text = st.none() | texts | st.text("x", max_size=140) | anything
page = st.fixed_dictionaries(
    {"url": st.just("https://shop.example/") | perhaps_text},
    optional={"referrer": perhaps_text, "title": perhaps_text, "more": anything},
)
visits = st.fixed_dictionaries(
    {
        "site": st.just("st_1") | perhaps_text,
        "visitor": perhaps_text,
        "visit": perhaps_text,
        "consent": st.sampled_from(["granted", "denied", "unknown"]) | perhaps_text,
        "page": page | anything,
        "numbers_wanted": st.lists(st.sampled_from(["main", "x"]), max_size=12) | anything,
    },
    optional={"tz": perhaps_text, "language": perhaps_text, "more": anything},
)
events = st.fixed_dictionaries(
    {"type": st.sampled_from(["page", "alive", "tel_click", "leave", "identify", "custom"])},
    optional={
        "at": st.just("2026-11-18T12:00:00Z") | perhaps_text,
        "page": page,
        "number": perhaps_text,
        "traits": st.dictionaries(texts, anything, max_size=3),
        "name": perhaps_text,
        "data": st.dictionaries(texts, anything, max_size=3),
    },
)
many = settings(suppress_health_check=list(HealthCheck), max_examples=120)


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    with service(database, database_url) as here:
        yield here


def plain_page(**changes: object) -> dict[str, Any]:
    seen = {"url": "https://shop.example/", "referrer": None, "title": ""}
    said = {"site": "st_1", "visitor": None, "visit": None, "consent": "granted"}
    return {
        **said,
        "page": seen,
        "numbers_wanted": ["main"],
        "tz": None,
        "language": None,
    } | changes


@settings(max_examples=400)
@given(visits)
@example(plain_page())
@example(plain_page(numbers_wanted=["main", "main"]))
@example(plain_page(visitor=""))
def test_what_the_quick_reader_takes_the_schema_reads_the_same(body: dict[str, Any]) -> None:
    quick = _quick_visit(body)
    if quick is not None:
        assert quick == _visit_schema.load(body)


def test_what_the_snippet_sends_needs_no_schema() -> None:
    full = plain_page()
    usual = {name: told for name, told in full.items() if name not in {"tz", "language"}}
    assert _quick_visit(full) == _quick_visit(usual) is not None


@pytest.mark.parametrize("name", ["site", "visitor", "visit", "tz", "language"])
def test_both_readers_draw_the_line_at_the_same_length(name: str) -> None:
    for length in range(1, 140):
        body = plain_page(**{name: "x" * length})
        try:
            slow = _visit_schema.load(body)
        except ValidationError:
            slow = None
        assert _quick_visit(body) == slow


def fine(here: Service, path: str, body: object) -> None:
    answer = here.ask(path, json.dumps(body))
    assert answer.status_code in {200, 201, 204, 400, 404, 422}, body
    if answer.status_code >= 400:
        assert answer.content_type == "application/problem+json"


@many
@given(visits | anything)
def test_no_body_breaks_the_announcement_of_a_visit(here: Service, body: Any) -> None:
    if isinstance(body, dict) and body.get("site") == "st_1":
        body = {**body, "site": here.site.id}
    fine(here, "/v1/visits", body)


@many
@given(st.lists(events, min_size=1, max_size=3).map(lambda each: {"events": each}) | anything)
def test_no_body_breaks_the_report_of_events(here: Service, body: Any) -> None:
    sealed = here.parts.seal.close(visit_of(here), here.site.id)
    fine(here, f"/v1/visits/{sealed}/events", body)


def visit_of(here: Service) -> str:
    sealed: str = here.announce().get_json()["visit"]
    return sealed.partition(".")[0]
