"""Errors in the shape that each reader understands: programs, the carrier, people."""

import logging
from collections.abc import Callable

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import Forbidden, RequestEntityTooLarge, TooManyRequests
from werkzeug.test import TestResponse

from api_stage import settings
from callweave.app import create_app
from callweave.storage.database import DatabaseError, DuplicateError
from callweave.web.errors import Problem, init_errors

SECRET = "postgresql://callweave:hunter2@db/callweave"
GONE = OperationalError("SELECT 1", {}, RuntimeError(SECRET))
TAKEN = IntegrityError("INSERT", {}, RuntimeError(SECRET))
FOR_PROGRAMS = ("/api/v1/calls", "/v1/visits", "/healthz", "/readyz")


def client_of(raised: Exception) -> FlaskClient:
    """A service in which every path raises the same."""
    app = Flask(__name__)
    init_errors(app, lambda status: Response(f"<h1>{status}</h1>", status))

    @app.get("/<path:_path>")
    def fail(_path: str) -> Response:
        raise raised

    return app.test_client()


def problem_of(answer: TestResponse) -> str:
    told = answer.get_json()
    assert answer.content_type == "application/problem+json"
    assert told["status"] == answer.status_code
    assert told["title"]
    assert told["detail"]
    return str(told["type"]).removeprefix("urn:callweave:problem:")


@pytest.mark.parametrize("path", FOR_PROGRAMS)
@pytest.mark.parametrize(
    ("raised", "status", "type_"),
    [
        (Problem(404, "unknown-call", "There is no such call."), 404, "unknown-call"),
        (Forbidden(), 403, "http-403"),
        (RequestEntityTooLarge(), 413, "body-too-large"),
        (GONE, 503, "unavailable"),
        (DatabaseError(SECRET), 503, "unavailable"),
        (DuplicateError(SECRET), 500, "internal-error"),
        (TAKEN, 500, "internal-error"),
        (KeyError(SECRET), 500, "internal-error"),
    ],
)
def test_programs_get_problems(path: str, raised: Exception, status: int, type_: str) -> None:
    answer = client_of(raised).get(path)
    assert (answer.status_code, problem_of(answer)) == (status, type_)
    assert "hunter2" not in answer.text


def test_fields_and_headers_of_a_problem_are_answered() -> None:
    wrong = {"value": ["Not a valid integer."]}
    raised = Problem(422, "invalid-body", "No.", wrong, headers={"Retry-After": "9"})
    answer = client_of(raised).get("/api/v1/calls")
    assert answer.get_json()["errors"] == wrong
    assert answer.headers["Retry-After"] == "9"


@pytest.mark.parametrize("path", ["/api/v1/calls", "/voice/ring", "/calls"])
def test_headers_that_belong_to_a_status_are_kept(path: str) -> None:
    late = client_of(TooManyRequests(retry_after=30)).get(path)
    wrong = client_of(GONE).post(path)
    assert (late.status_code, late.headers["Retry-After"]) == (429, "30")
    assert wrong.status_code == 405
    assert set(wrong.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("path", ["/api/v1/calls", "/voice/ring", "/calls"])
def test_the_databases_trouble_passes_and_is_worth_another_try(path: str) -> None:
    answer = client_of(GONE).get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(("raised", "status"), [(GONE, 503), (KeyError(SECRET), 500)])
def test_people_get_a_page_and_the_carrier_plain_text(raised: Exception, status: int) -> None:
    client = client_of(raised)
    page, told = client.get("/calls"), client.get("/voice/ring")
    assert (page.status_code, page.text) == (status, f"<h1>{status}</h1>")
    assert page.content_type == "text/html; charset=utf-8"
    assert (told.status_code, told.content_type) == (status, "text/plain; charset=utf-8")
    assert "hunter2" not in told.text


@pytest.mark.parametrize("make", [lambda: GONE, lambda: KeyError(SECRET)])
def test_faults_are_logged_with_their_cause(
    make: Callable[[], Exception], caplog: pytest.LogCaptureFixture
) -> None:
    raised = make()
    with caplog.at_level(logging.ERROR):
        client_of(raised).get("/api/v1/calls")
    causes = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert causes == [raised]


def test_refusals_are_not_logged_as_faults(caplog: pytest.LogCaptureFixture) -> None:
    client_of(Problem(404, "unknown-call", "There is no such call.")).get("/api/v1/calls")
    assert not caplog.records


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v2", "application/problem+json"),
        ("/api/v1/nothing", "application/problem+json"),
        ("/v1/nothing", "application/problem+json"),
        ("/voice/nothing", "text/plain; charset=utf-8"),
        ("/nothing", "text/html; charset=utf-8"),
        ("/apiary", "text/html; charset=utf-8"),
    ],
)
def test_what_is_not_there_is_told_in_the_readers_way(path: str, kind: str) -> None:
    app = Flask(__name__)
    init_errors(app, lambda status: Response("<h1>Not here</h1>", status))
    answer = app.test_client().get(path)
    assert (answer.status_code, answer.content_type) == (404, kind)


def test_the_whole_service_keeps_people_and_programs_apart() -> None:
    client = create_app(settings("sqlite:////nowhere/calls.sqlite3")).test_client()
    page, told = client.get("/nothing"), client.get("/voice/ring")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "Callweave" in page.text
    assert (told.status_code, told.mimetype) == (405, "text/plain")
    assert problem_of(client.put("/v1/visits")) == "method-not-allowed"
    key = {"Authorization": f"Bearer cw_live_{'k' * 40}"}
    assert problem_of(client.get("/api/v1/calls/ca_1/outcome", headers=key)) == "unavailable"
