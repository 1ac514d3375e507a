"""How the snippet leaves the server: cached, compressed, checkable, and only what was built."""

import base64
import gzip
import hashlib

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from callweave.web.snippet import Snippet, built, built_snippet, snippet_blueprint, snippet_of

BODY = b"/* a snippet */" * 9
# brotli's bytes are only passed on: Python cannot read them
SNIPPET = snippet_of("callweave", BODY, {"br": b"brotli", "gzip": gzip.compress(BODY)})
FULL = snippet_of("callweave.full", BODY + BODY, {"br": b"full", "gzip": b"full"})
PLAIN = "/callweave.js"


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(snippet_blueprint(SNIPPET, FULL))
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
    assert snippet_of("callweave", SNIPPET.body + b" ", {}).path != SNIPPET.path


@pytest.mark.parametrize("path", ["/callweave.full.js", FULL.path])
def test_there_is_a_fuller_one_for_the_sites_that_need_it(client: FlaskClient, path: str) -> None:
    assert fetch(client, path).data == FULL.body


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
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("*", "br"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0, *", "gzip"),
        ("identity, br;q=0.1", None),
        ("gzip;q=0, br;q=0", None),
        ("", None),
    ],
)
def test_it_is_compressed_for_those_who_accept_that(
    client: FlaskClient, accepted: str, coding: str | None
) -> None:
    answer = fetch(client, Accept_Encoding=accepted)
    assert answer.headers.get("Content-Encoding") == coding
    assert answer.data == (SNIPPET.packed[coding] if coding else SNIPPET.body)


@pytest.mark.parametrize("accepted", ["br", "gzip", "identity"])
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


@pytest.mark.parametrize(
    ("name", "coding", "most"),
    [
        ("callweave", "gzip", 3072),
        ("callweave", "br", 2848),
        ("callweave.full", "gzip", 3900),
        ("callweave.full", "br", 3600),
    ],
)
def test_what_is_built_stays_small(name: str, coding: str, most: int) -> None:
    assert len(built_snippet(name).packed[coding]) <= most


@pytest.mark.parametrize("snippet", built(), ids=lambda snippet: snippet.name)
def test_the_compressed_file_is_the_plain_one(snippet: Snippet) -> None:
    assert gzip.decompress(snippet.packed["gzip"]) == snippet.body
