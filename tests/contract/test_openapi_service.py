"""The service keeps to its document, whatever it is sent: answers are of the documented shapes,
what is refused is a documented problem and leaves nothing behind, and nothing breaks.
"""

import gzip
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from api_stage import WON, Stage, api_stage
from callweave.domain.outcomes import DECIMALS
from databases import Databases
from json_schema import misfits, resolve

EXAMPLES = settings(max_examples=60)
DISPOSITIONS = ["won", "lost", "callback", "support", "spam", "wrong_number", "other"]

documented = st.fixed_dictionaries(
    {"disposition": st.sampled_from(DISPOSITIONS)},
    optional={
        "value": st.none() | st.integers(0, 10**12),
        "currency": st.none() | st.sampled_from(sorted(DECIMALS)),
        "order_id": st.none() | st.text(max_size=255),
        "note": st.none() | st.text(max_size=500),
    },
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
anything = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
)
names = st.sampled_from(["disposition", "value", "currency", "order_id", "note", "id"]) | st.text()
damaged = st.builds(lambda body, name, what: {**body, name: what}, documented, names, anything)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    databases: Databases = request.getfixturevalue(request.param)
    with databases.migrated() as url, api_stage(url) as stage:
        yield stage


@pytest.fixture(scope="module")
def document(stage: Stage) -> Any:
    return stage.client.get("/api/v1/openapi.json").get_json()


def put(stage: Stage, body: bytes, content_type: str | None = "application/json") -> TestResponse:
    kind = {"Content-Type": content_type} if content_type else {}
    return stage.client.put(stage.by_id, data=body, headers={**stage.bearer, **kind})


def kept_to(document: Any, answer: TestResponse) -> list[str]:
    """What in the answer to a PUT is not as documented."""
    responses = document["paths"]["/api/v1/calls/{call_id}/outcome"]["put"]["responses"]
    if str(answer.status_code) not in responses:
        return [f"{answer.status_code} is not documented"]
    content = resolve(responses[str(answer.status_code)], document)["content"]
    if answer.content_type not in content:
        return [f"{answer.content_type} is not documented"]
    return misfits(answer.get_json(), content[answer.content_type]["schema"], document)


def check(stage: Stage, document: Any, body: bytes) -> TestResponse:
    before = stage.outcomes()
    answer = put(stage, body)
    assert answer.status_code < 500
    assert kept_to(document, answer) == []
    if answer.status_code == 200:
        assert stage.get(stage.by_id).data == answer.data
    else:
        assert stage.outcomes() == before
    return answer


@EXAMPLES
@given(body=documented)
@example(body={**WON, "value": 10**12, "order_id": "é" * 255, "note": "é" * 2000})
def test_a_documented_body_is_recorded_or_breaks_a_rule(
    stage: Stage, document: Any, body: dict[str, Any]
) -> None:
    answer = check(stage, document, json.dumps(body).encode())
    has_nul = "\x00" in (body.get("note") or "") + (body.get("order_id") or "")
    has_odd_value = body.get("value") and body["disposition"] != "won"
    assert answer.status_code == (422 if has_nul or has_odd_value else 200)


@EXAMPLES
@given(body=damaged | anything)
@example(body={**WON, "value": 10**30})
@example(body={**WON, "value": 1e300})
@example(body={**WON, "note": "\udc80 \ud83d"})
@example(body={**WON, "\ud83d": 1})
@example(body={**WON, "order_id": "\x00"})
def test_no_json_breaks_the_service(stage: Stage, document: Any, body: Any) -> None:
    check(stage, document, json.dumps(body).encode())


@EXAMPLES
@given(body=st.binary(max_size=300))
@example(body=b"")
@example(body=b'{"disposition": "won", "value": 1e999}')
@example(body=b"\xef\xbb\xbf{}")
@example(body=gzip.compress(b'{"disposition": "won"}', mtime=0))
@example(body=json.dumps(WON).encode("utf-16"))
@example(body=b'{"disposition": "won", "note": "\xff"}')
def test_no_bytes_break_the_service(stage: Stage, document: Any, body: bytes) -> None:
    check(stage, document, body)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"disposition": "won", "value": NaN}', 400),
        (b'{"disposition": "won", "value": -Infinity}', 400),
        (b'{"disposition": "won", "value": ' + b"9" * 5000 + b"}", 400),
        (b'{"disposition": "won", "note": "a\x00b"}', 422),
        (b'{"disposition": "won", "note": "a\\u0000b"}', 422),
        (b'{"note": ' + b"[" * 8000 + b"]" * 8000 + b"}", 400),
        (b'{"disposition": "won", "note": "' + b"n" * 16_384 + b'"}', 413),
        (b'{"disposition": "won", "note": "' + b"n" * 2**20 + b'"}', 413),
        (b'{"disposition": "won"', 400),
        (b'{"disposition": "lost", "disposition": "won", "disposition": "sold"}', 422),
        (b"null", 422),
    ],
)
def test_what_cannot_be_read_is_refused(
    stage: Stage, document: Any, body: bytes, status: int
) -> None:
    assert check(stage, document, body).status_code == status


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_has_to_be_declared_as_json(
    stage: Stage, document: Any, content_type: str | None
) -> None:
    before = stage.outcomes()
    answer = put(stage, b'{"disposition": "won"}', content_type)
    assert answer.status_code == 415
    assert kept_to(document, answer) == []
    assert stage.outcomes() == before


@EXAMPLES
@given(name=st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1))
@example(name="\x00")
@example(name="ca_' OR 1=1 --")
def test_no_name_of_a_call_breaks_the_service(stage: Stage, document: Any, name: str) -> None:
    for path in ("/api/v1/calls/{}/outcome", "/api/v1/calls/by-sid/{}/outcome"):
        answer = stage.put(path.format(quote(name, safe="")), WON)
        assert answer.status_code == 404
        assert kept_to(document, answer) == []


@EXAMPLES
@given(sent=st.text(st.characters(codec="latin-1", exclude_characters="\r\n")))
@example(sent="Basic !")
@example(sent="Bearer a=b")
def test_no_authorization_breaks_the_service(stage: Stage, document: Any, sent: str) -> None:
    for value in (sent, f"Bearer {sent}", f"Bearer cw_live_{sent}"):
        headers = {"Authorization": value}
        answer = stage.client.put(stage.by_id, json=WON, headers=headers)
        assert answer.status_code == 401
        assert kept_to(document, answer) == []
