"""What holds for every page: who may see it, what browsers are told, what it may cost."""

import re
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from werkzeug.routing import Rule

from callweave.domain.outcomes import Disposition
from callweave.web.auth import Role
from journeys import DIRECT
from pages_stage import Stage, counted_queries, pages_stage, second_shop
from shops import NOON

MOST_QUERIES = 12


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    with pages_stage(database_url) as stage:
        yield stage


def pages(stage: Stage) -> list[Rule]:
    return [rule for rule in stage.app.url_map.iter_rules() if rule.endpoint.startswith("pages.")]


def told_call(stage: Stage) -> tuple[str, str]:
    with stage.telling() as teller:
        visitor = teller.visitor()
        for days in (9, 5, 1):
            teller.visit(visitor, NOON - timedelta(days=days), DIRECT)
        call = teller.call(NOON, teller.visit(visitor, NOON - timedelta(minutes=2)))
        teller.outcome(call, Disposition.WON, 500)
        return call.id, call.sid


def address(rule: Rule, call_id: str, sid: str) -> str:
    return rule.rule.replace("<call_id>", call_id).replace("<sid>", sid)


def test_no_page_answers_anybody_who_is_not_logged_in(stage: Stage) -> None:
    call_id, sid = told_call(stage)
    closed = [rule for rule in pages(stage) if rule.endpoint not in {"pages.login", "pages.log_in"}]
    assert len(closed) >= 9
    for rule in closed:
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        answer = stage.client.open(address(rule, call_id, sid), method=method)
        assert answer.status_code in {303, 400}, rule
        assert answer.status_code == 400 or answer.location.startswith("/login"), rule


@pytest.mark.parametrize("how", ["no token", "a wrong token", "from another site"])
def test_no_form_is_taken_that_is_not_ours(stage: Stage, how: str) -> None:
    call_id, sid = told_call(stage)
    stage.log_in()
    fields = {"no token": {}, "a wrong token": {"csrf_token": "x"}}.get(how)
    headers = {}
    if fields is None:
        fields, headers = {"csrf_token": stage.token("/")}, {"Sec-Fetch-Site": "cross-site"}
    unsafe = [rule for rule in pages(stage) if "POST" in (rule.methods or ())]
    assert len(unsafe) == 3
    for rule in unsafe:
        answer = stage.client.post(address(rule, call_id, sid), data=fields, headers=headers)
        assert answer.status_code == (403 if headers else 400), rule


@pytest.mark.parametrize("role", Role)
def test_what_belongs_to_another_account_is_as_if_it_did_not_exist(
    stage: Stage, role: Role
) -> None:
    call_id, sid = told_call(stage)
    other = second_shop(stage)
    stage.log_in(role, other)
    missing = stage.client.get("/calls/ca_" + "0" * 26)
    for path in (f"/calls/{call_id}", f"/calls/by-sid/{sid}", f"/calls?site={stage.site.id}"):
        answer = stage.client.get(path)
        assert (answer.status_code, answer.text) == (404, missing.text), path
    for path in ("/", "/calls", "/calls.csv", "/attribution", "/attribution.csv"):
        page = stage.client.get(path).text
        assert call_id not in page
        assert "google" not in page.replace('placeholder="google"', ""), path
    written = stage.post(f"/calls/{call_id}/outcome", disposition="lost")
    assert written.status_code == (403 if role is Role.MARKETER else 404)


@pytest.mark.parametrize("name", ["%00", "ca_%00", "ca_" + "0" * 25, "..", "CA' OR 1=1"])
def test_a_name_that_is_none_finds_nothing(stage: Stage, name: str) -> None:
    stage.log_in()
    assert stage.client.get(f"/calls/{name}").status_code == 404
    assert stage.client.get(f"/calls/by-sid/{name}").status_code == 404
    assert stage.post(f"/calls/{name}/outcome", disposition="lost").status_code == 404


def test_every_answer_tells_browsers_to_run_and_load_nothing_from_elsewhere(stage: Stage) -> None:
    stage.log_in()
    for path in ("/", "/login", "/calls", "/calls.csv", "/nowhere", "/static/pages.js"):
        headers = stage.client.get(path, buffered=True).headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_pages_are_kept_by_nobody_and_files_for_good(stage: Stage) -> None:
    stage.log_in()
    page = stage.client.get("/")
    sheet = re.findall(r'href="(/static/pages.css\?v=[^"]+)"', page.text)[0]
    assert page.headers["Cache-Control"] == "no-store"
    versioned, plain = (
        stage.client.get(path, buffered=True).headers["Cache-Control"]
        for path in (sheet, "/static/pages.css")
    )
    assert ("immutable" in versioned, "immutable" in plain) == (True, False)


def test_a_page_says_what_its_files_must_be(stage: Stage) -> None:
    page = stage.client.get("/login").text
    loaded = re.findall(r"<(?:script|link rel=\"stylesheet\")[^>]*>", page)
    assert len(loaded) == 5
    assert all(re.search(r'integrity="sha384-[\w+/=]{64}"', tag) for tag in loaded)


@pytest.mark.parametrize("path", ["/", "/calls", "/attribution", "/numbers", "/calls/{call}"])
def test_a_page_asks_the_database_a_bounded_number_of_questions(stage: Stage, path: str) -> None:
    told_call(stage)
    call_id, _ = told_call(stage)
    stage.log_in(Role.ADMIN)
    with counted_queries(stage.database) as queries:
        stage.text(path.format(call=call_id))
    asked = [query for query in queries if query.startswith("SELECT")]
    assert 0 < len(asked) <= MOST_QUERIES


def test_more_calls_are_no_more_questions(stage: Stage) -> None:
    told_call(stage)
    stage.log_in()
    with counted_queries(stage.database) as few:
        stage.text("/calls")
    for _ in range(10):
        told_call(stage)
    with counted_queries(stage.database) as many:
        stage.text("/calls")
    assert len(few) == len(many)


def test_no_template_trusts_text_or_styles_by_hand() -> None:
    folder = Path(str(files("callweave.web").joinpath("templates")))
    written = {path.name: path.read_text() for path in folder.rglob("*.html")}
    assert len(written) >= 10
    for name, text in written.items():
        assert not re.search(r"\|\s*safe\b|autoescape|Markup", text), name
        assert not re.search(r"\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", text), name


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/calls?status=lost", 400), ("/logout", 405)]
)
def test_what_cannot_be_shown_is_said_on_a_page(stage: Stage, path: str, status: int) -> None:
    stage.log_in()
    answer = stage.client.get(path)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert "Go to the overview" in answer.text
