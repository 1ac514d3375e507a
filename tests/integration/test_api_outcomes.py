"""Programs say how calls ended: by the call's id or the carrier's, as often as they like."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select, update

from api_stage import WON, Stage, api_stage, key_of
from callweave.domain.attribution import Model
from callweave.storage.calls import Call
from callweave.storage.outcomes import Credit, Outcome
from databases import SqliteDatabases

UNKNOWN = "urn:callweave:problem:unknown-call"


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    with api_stage(database_url) as stage:
        yield stage


@pytest.fixture
def on_sqlite(sqlite: SqliteDatabases) -> Iterator[Stage]:
    """Where no database is asked, one is enough."""
    with sqlite.migrated() as url, api_stage(url) as stage:
        yield stage


def test_the_answer_is_the_outcome_that_stands(stage: Stage) -> None:
    sent = {**WON, "currency": "EUR", "order_id": "BH-20417", "note": "Two weeks in May ✈"}
    answer = stage.put(stage.by_id, sent)
    found = answer.get_json()
    assert answer.status_code == 200
    assert found.pop("id").startswith("oc_")
    assert found == {
        **sent,
        "call_id": stage.call.id,
        "recorded_by": "Web shop",
        "recorded_at": "2026-11-18T12:10:00Z",
    }


def test_both_names_of_a_call_lead_to_the_same_outcome(stage: Stage) -> None:
    told = stage.put(stage.by_sid, WON)
    assert stage.get(stage.by_id).data == stage.get(stage.by_sid).data == told.data
    assert told.get_json()["call_id"] == stage.call.id


def test_what_is_not_said_is_nothing_in_the_currency_of_the_site(stage: Stage) -> None:
    sent = {"disposition": "lost", "value": None, "currency": None, "order_id": "", "note": None}
    for body in ({"disposition": "lost"}, sent):
        found = stage.put(stage.by_id, body).get_json()
        assert found["currency"] == "GBP"
        assert [found[name] for name in ("value", "order_id", "note")] == [None, None, None]
    assert stage.outcomes() == 1


def test_the_same_again_adds_nothing(stage: Stage) -> None:
    first = stage.put(stage.by_id, WON)
    stage.clock.move(minutes=5)
    assert stage.put(stage.by_id, WON).data == first.data
    assert stage.put(stage.by_sid, {**WON, "currency": "GBP"}).data == first.data
    assert stage.outcomes() == 1


def test_the_later_word_stands_and_the_earlier_is_kept(stage: Stage) -> None:
    stage.put(stage.by_id, WON)
    stage.clock.move(minutes=5)
    stage.put(stage.by_id, {"disposition": "lost", "note": "cancelled"})
    found = stage.get(stage.by_sid).get_json()
    assert (found["disposition"], found["value"]) == ("lost", None)
    assert found["recorded_at"] == "2026-11-18T12:15:00Z"
    assert stage.outcomes() == 2


def test_another_program_that_says_the_same_is_kept_as_another_voice(stage: Stage) -> None:
    stage.put(stage.by_id, WON)
    crm = key_of(stage.database, stage.site.account_id, "CRM")
    headers = {"Authorization": f"Bearer {crm.secret}"}
    answer = stage.client.put(stage.by_id, json=WON, headers=headers)
    assert answer.get_json()["recorded_by"] == "CRM"
    assert stage.outcomes() == 2


def credited(stage: Stage) -> dict[str, int]:
    with stage.database.reading() as session:
        sums = select(Credit.model, func.sum(Credit.value)).where(Credit.converted)
        return {model: int(value) for model, value in session.execute(sums.group_by(Credit.model))}


def test_the_clicks_before_the_call_get_the_value_under_every_model(stage: Stage) -> None:
    stage.put(stage.by_id, {**WON, "value": 10_001})
    assert credited(stage) == {model.value: 10_001 for model in Model}
    stage.put(stage.by_id, {"disposition": "lost"})
    assert credited(stage) == {}


def test_an_outcome_that_nobody_recorded_is_a_problem_of_its_own(stage: Stage) -> None:
    for path in (stage.by_id, stage.by_sid):
        answer = stage.get(path)
        assert answer.status_code == 404
        assert answer.get_json()["type"] == "urn:callweave:problem:no-outcome"


def test_what_cannot_be_a_calls_name_is_an_unknown_call(stage: Stage) -> None:
    for name in ("nul%00", "ca_1%27--", "c" * 41, "%ED%A0%80", "%D0%BA", "..", "by-sid", " "):
        for path in (f"/api/v1/calls/{name}/outcome", f"/api/v1/calls/by-sid/{name}/outcome"):
            assert stage.get(path).get_json()["type"] == UNKNOWN
            assert stage.put(path, WON).get_json()["type"] == UNKNOWN


def test_a_call_to_nobodys_number_is_unknown(stage: Stage) -> None:
    with stage.database.writing() as session:
        session.execute(update(Call).values(account_id=None, site_id=None, number_id=None))
    assert stage.get(stage.by_id).get_json()["type"] == UNKNOWN
    assert stage.put(stage.by_sid, WON).get_json()["type"] == UNKNOWN
    assert stage.outcomes() == 0


def test_everything_that_is_wrong_is_named_at_once(stage: Stage) -> None:
    sent = {"disposition": "lost", "value": 5, "currency": "XYZ", "note": "n" * 2001}
    answer = stage.put(stage.by_id, sent)
    assert answer.status_code == 422
    assert answer.get_json()["type"] == "urn:callweave:problem:invalid-body"
    assert set(answer.get_json()["errors"]) == {"value", "currency", "note"}
    assert stage.outcomes() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "disposition"),
        ({"disposition": "sold"}, "disposition"),
        ({"disposition": ["won"]}, "disposition"),
        ({**WON, "value": "149900"}, "value"),
        ({**WON, "value": True}, "value"),
        ({**WON, "value": 14.5}, "value"),
        ({**WON, "value": -1}, "value"),
        ({**WON, "value": 10**12 + 1}, "value"),
        ({**WON, "value": 10**400}, "value"),
        ({**WON, "currency": "gbp"}, "currency"),
        ({**WON, "currency": 826}, "currency"),
        ({**WON, "order_id": "o" * 256}, "order_id"),
        ({**WON, "order_id": 20417}, "order_id"),
        ({**WON, "note": {"text": "hi"}}, "note"),
        ({**WON, "recorded_by": "me"}, "recorded_by"),
        ([WON], "_schema"),
        ("won", "_schema"),
    ],
)
def test_what_is_wrong_is_named_by_field(on_sqlite: Stage, body: Any, field: str) -> None:
    answer = on_sqlite.put(on_sqlite.by_id, body)
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]
    assert on_sqlite.outcomes() == 0


@pytest.mark.parametrize(("sent", "kept"), [(14.0, 14), (10**12, 10**12), (0, 0), (None, None)])
def test_a_value_is_any_whole_number_of_minor_units(
    stage: Stage, sent: float | None, kept: int | None
) -> None:
    assert stage.put(stage.by_id, {**WON, "value": sent}).get_json()["value"] == kept
    assert stage.get(stage.by_id).get_json()["value"] == kept


def test_a_call_may_still_be_ringing(stage: Stage) -> None:
    with stage.database.writing() as session:
        session.execute(update(Call).values(state="ringing", result=None))
    assert stage.put(stage.by_id, {"disposition": "spam"}).status_code == 200


def test_no_proxy_keeps_what_was_answered(stage: Stage) -> None:
    for answer in (stage.get(stage.by_id), stage.put(stage.by_id, WON), stage.get(stage.by_id)):
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_list_of_calls_shows_what_stands(stage: Stage) -> None:
    stage.put(stage.by_id, WON)
    with stage.database.reading() as session:
        call = session.get_one(Call, stage.call.id)
        outcome = session.scalars(select(Outcome)).one()
    assert (call.disposition, call.value, call.currency) == ("won", 149_900, "GBP")
    assert outcome.position == 1
