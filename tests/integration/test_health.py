"""Alive needs nothing; ready needs a database that answers and has the newest tables."""

import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from api_stage import settings
from callweave.app import create_app
from callweave.storage.database import Database
from callweave.web.extensions import Parts
from service import close
from spools import webhook


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


@contextmanager
def with_spool(database_url: str, folder: Path) -> Iterator[tuple[FlaskClient, Parts]]:
    app = create_app(replace(settings(database_url), data_dir=folder, spool_mb=1))
    parts: Parts = app.extensions["callweave"]
    yield app.test_client(), parts
    close(parts)


def told(client: FlaskClient) -> str:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    problem = answer.get_json()
    assert problem["type"] == "urn:callweave:problem:spool-unusable"
    return str(problem["detail"])


def test_a_service_that_could_keep_nothing_is_not_ready(database_url: str, tmp_path: Path) -> None:
    with with_spool(database_url, tmp_path) as (client, parts):
        assert client.get("/readyz").status_code == 200
        hook = webhook(1, Digits="5" * 60_000)
        while parts.spool.trouble is None:
            parts.spool.keep(hook if parts.spool.waiting < 16 else webhook(2), None)
        assert told(client) == "The spool takes nothing: it is full."


def test_a_service_whose_spool_was_taken_away_makes_a_new_one(
    database_url: str, tmp_path: Path
) -> None:
    with with_spool(database_url, tmp_path) as (client, _):
        shutil.rmtree(tmp_path / "spool")
        assert client.get("/readyz").status_code == 200
        assert len(list((tmp_path / "spool").glob("*.spool"))) == 1


def test_a_service_without_a_folder_for_its_spool_is_not_ready(
    database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "spool").write_text("in the way")
    with with_spool(database_url, tmp_path) as (client, _):
        assert "cannot be used (File exists)" in told(client)
        (tmp_path / "spool").unlink()
        assert client.get("/readyz").status_code == 200  # without a restart


def test_health_is_asked_for_by_get_alone(database_url: str) -> None:
    with service(database_url) as client:
        answer = client.post("/readyz")
        assert (answer.status_code, answer.content_type) == (405, "application/problem+json")
