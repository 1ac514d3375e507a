"""How the snippet leaves the server: cached, compressed, checkable, and only what was built."""

import base64
import gzip
import hashlib

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from callweave.web.snippet import built_snippet, snippet_blueprint, snippet_of

SNIPPET = snippet_of(b"/* a snippet */" * 9)
PLAIN = "/callweave.js"


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(snippet_blueprint(SNIPPET))
    return app.test_client()


def fetch(client: FlaskClient, path: str = PLAIN, **headers: str) -> TestResponse:
    return client.get(
        path, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


def test_the_plain_name_is_kept_for_minutes(client: FlaskClient) -> None:
    answer = fetch(client)
    assert (answer.status_code, answer.data) == (200, SNIPPET.body)
    assert answer.headers["Cache-Control"] == "public, max-age=300, stale-while-revalidate=86400"


def test_the_hashed_name_is_kept_for_ever(client: FlaskClient) -> None:
    answer = fetch(client, SNIPPET.path)
    assert (answer.status_code, answer.data) == (200, SNIPPET.body)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_another_hash_is_not_found(client: FlaskClient) -> None:
    assert fetch(client, "/callweave.0123456789abcdef.js").status_code == 404


def test_the_name_changes_with_the_bytes() -> None:
    assert snippet_of(SNIPPET.body + b" ").path != SNIPPET.path


@pytest.mark.parametrize("path", [PLAIN, SNIPPET.path])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Type", "text/javascript; charset=utf-8"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
        ("Access-Control-Allow-Origin", "*"),
        ("X-Content-Type-Options", "nosniff"),
        ("Vary", "Accept-Encoding"),
    ],
)
def test_any_site_may_embed_it(client: FlaskClient, path: str, name: str, value: str) -> None:
    assert fetch(client, path).headers[name] == value


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, br", "gzip"), ("*", "gzip"), ("br", None), ("gzip;q=0", None), ("", None)],
)
def test_it_is_compressed_for_those_who_accept_that(
    client: FlaskClient, accepted: str, encoding: str | None
) -> None:
    answer = fetch(client, Accept_Encoding=accepted)
    assert answer.headers.get("Content-Encoding") == encoding
    body = gzip.decompress(answer.data) if encoding else answer.data
    assert body == SNIPPET.body


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_a_known_copy_is_not_sent_again(client: FlaskClient, accepted: str) -> None:
    first = fetch(client, Accept_Encoding=accepted)
    again = fetch(client, Accept_Encoding=accepted, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert again.headers["Vary"] == "Accept-Encoding"


def test_a_compressed_copy_does_not_pass_for_a_plain_one(client: FlaskClient) -> None:
    zipped = fetch(client, Accept_Encoding="gzip")
    assert fetch(client, If_None_Match=zipped.headers["ETag"]).status_code == 200


def test_the_integrity_is_the_hash_that_browsers_compute() -> None:
    kind, _, digest = SNIPPET.integrity.partition("-")
    assert (kind, base64.b64decode(digest)) == ("sha384", hashlib.sha384(SNIPPET.body).digest())


def test_the_built_snippet_takes_at_most_3_kilobytes() -> None:
    assert len(built_snippet().zipped) <= 3 * 1024
