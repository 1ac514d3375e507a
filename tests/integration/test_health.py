"""Alive needs nothing; ready needs a database that answers and has the newest tables."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from api_stage import settings
from callweave.app import create_app
from callweave.storage.database import Database


@contextmanager
def service(database_url: str) -> Iterator[FlaskClient]:
    app = create_app(settings(database_url))
    yield app.test_client()
    database: Database = app.extensions["callweave"].database
    database.close()


@contextmanager
def silent_server() -> Iterator[int]:
    """Takes connections and never says a word, as a database that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


def test_a_service_with_its_database_is_alive_and_ready(database_url: str) -> None:
    with service(database_url) as client:
        for path in ("/healthz", "/readyz"):
            assert client.get(path).status_code == 200
            assert client.get(path).headers["Cache-Control"] == "no-store"


def test_a_database_without_its_tables_is_not_ready(empty_database_url: str) -> None:
    with service(empty_database_url) as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.get_json()["type"] == "urn:callweave:problem:schema-not-current"
        assert client.get("/healthz").status_code == 200


def test_a_database_that_is_away_is_named_and_nothing_about_it(
    closed_port: int, tmp_path: Path
) -> None:
    for url in (
        f"postgresql://callweave:hunter2@127.0.0.1:{closed_port}/calls",
        f"sqlite:///{tmp_path}/nowhere/calls.sqlite3",
    ):
        with service(url) as client:
            answer = client.get("/readyz")
            assert answer.status_code == 503
            assert answer.get_json()["detail"] == "The database does not answer."
            assert answer.get_json()["type"] == "urn:callweave:problem:database-unreachable"
            assert answer.headers["Retry-After"] == "5"
            assert client.get("/healthz").status_code == 200


def test_a_database_that_hangs_is_not_waited_for() -> None:
    with silent_server() as port, service(f"postgresql://c:hunter2@127.0.0.1:{port}/c") as client:
        for path, status in (("/readyz", 503), ("/healthz", 200)):
            began = time.monotonic()
            assert client.get(path).status_code == status
            assert time.monotonic() - began < 3.5


def test_health_is_asked_for_by_get_alone(database_url: str) -> None:
    with service(database_url) as client:
        answer = client.post("/readyz")
        assert (answer.status_code, answer.content_type) == (405, "application/problem+json")
