"""Who may use the API: holders of a key, for the account of that key, as long as it is in use."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from api_stage import WON, Stage, api_stage, key_of, other_account, retire
from callweave.domain.ids import Mint
from callweave.storage.accounts import ApiKey
from callweave.workflows.make_key import KeyNameError, make_key, prefix_of
from shops import NOON


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    with api_stage(database_url) as stage:
        yield stage


def test_a_key_opens_the_api(stage: Stage) -> None:
    assert stage.put(stage.by_id, WON).status_code == 200


def test_bearer_may_be_written_in_lower_case(stage: Stage) -> None:
    headers = {"Authorization": f"bearer {stage.key.secret}"}
    assert stage.client.put(stage.by_id, json=WON, headers=headers).status_code == 200


@pytest.mark.parametrize("scheme", ["", "Basic ", "Bearer", "Token "])
def test_without_a_bearer_key_the_api_is_closed(stage: Stage, scheme: str) -> None:
    headers = {"Authorization": f"{scheme}{stage.key.secret}"} if scheme else {}
    refused = stage.client.put(stage.by_id, json=WON, headers=headers)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert refused.get_json()["type"] == "urn:callweave:problem:missing-key"
    assert stage.outcomes() == 0


def wrong_keys(secret: str) -> list[str]:
    other_end = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    other_start = secret[:8] + ("A" if secret[8] != "A" else "B") + secret[9:]
    return [other_end, other_start, secret[:-1], secret + "A", secret.upper(), "cw_live_", "ключ"]


def test_a_wrong_key_is_refused(stage: Stage) -> None:
    for wrong in wrong_keys(stage.key.secret):
        headers = {"Authorization": f"Bearer {wrong}".encode().decode("latin-1")}
        refused = stage.client.put(stage.by_id, json=WON, headers=headers)
        assert refused.status_code == 401, wrong
        assert refused.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert refused.get_json()["type"] == "urn:callweave:problem:invalid-key"
    assert stage.outcomes() == 0


def test_a_retired_key_is_refused_like_one_that_never_was(stage: Stage) -> None:
    unknown = {"Authorization": f"Bearer {stage.key.secret[:-4]}0000"}
    never_was = stage.client.get(stage.by_id, headers=unknown)
    retire(stage.database, stage.key)
    assert stage.get(stage.by_id).data == never_was.data
    assert never_was.status_code == 401


def test_the_key_is_asked_for_before_the_body_is_read(stage: Stage) -> None:
    assert stage.client.put(stage.by_id, data=b"{" * 100_000).status_code == 401


def test_what_is_kept_of_a_key_does_not_open_anything(stage: Stage) -> None:
    with stage.database.reading() as session:
        kept = session.scalars(select(ApiKey)).one()
    assert kept.digest not in stage.key.secret
    assert stage.key.secret.startswith(kept.prefix)
    assert len(stage.key.secret.removeprefix(kept.prefix)) == 32
    assert stage.key.secret not in repr(stage.key)


def test_two_keys_of_an_account_open_it_both(stage: Stage) -> None:
    second = key_of(stage.database, stage.site.account_id, "CRM")
    headers = {"Authorization": f"Bearer {second.secret}"}
    answer = stage.client.put(stage.by_id, json=WON, headers=headers)
    assert answer.get_json()["recorded_by"] == "CRM"


def test_a_key_of_another_account_sees_nothing(stage: Stage) -> None:
    theirs = key_of(stage.database, other_account(stage.database))
    headers = {"Authorization": f"Bearer {theirs.secret}"}
    never_was = f"/api/v1/calls/ca_{'0' * 26}/outcome"
    for method in ("GET", "PUT"):
        for path in (stage.by_id, stage.by_sid):
            foreign = stage.client.open(path, method=method, json=WON, headers=headers)
            unknown = stage.client.open(never_was, method=method, json=WON, headers=headers)
            assert foreign.status_code == unknown.status_code == 404
            assert foreign.data == unknown.data
    assert stage.outcomes() == 0


@pytest.mark.parametrize("name", ["", "   ", "two\nlines", "nul\x00", "n" * 256])
def test_a_key_needs_a_name_that_can_stand_by_an_outcome(name: str) -> None:
    with pytest.raises(KeyNameError):
        make_key(Session(), Mint(bytes), bytes, "ac_1", name, NOON)


def test_the_spaces_around_a_name_are_no_part_of_it() -> None:
    session = Session()
    made = make_key(session, Mint(bytes), bytes, "ac_1", " CRM ", NOON)
    kept = next(row for row in session.new if isinstance(row, ApiKey))
    assert (kept.name, kept.prefix) == ("CRM", prefix_of(made.secret))
