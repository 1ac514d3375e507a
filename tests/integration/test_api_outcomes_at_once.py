"""Several who speak at once do so one after the other, and the last one's word stands."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select

from api_stage import WON, Stage, api_stage
from callweave.domain.ids import Mint
from callweave.domain.outcomes import Disposition
from callweave.storage.calls import Call
from callweave.storage.followed import lock_by_id
from callweave.storage.outcomes import Credit, Outcome
from callweave.workflows.record_outcome import StatedOutcome, record_outcome
from databases import PostgresDatabases

SPEAKERS = 8


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    with api_stage(database_url) as stage:
        yield stage


def say(app: Flask, path: str, headers: dict[str, str], value: int) -> int:
    body = {**WON, "value": value}
    return app.test_client().put(path, json=body, headers=headers).status_code


def test_everybody_is_heard_and_one_stands(stage: Stage) -> None:
    speak = partial(say, stage.client.application, stage.by_id, stage.bearer)
    with ThreadPoolExecutor(SPEAKERS) as speakers:
        assert set(speakers.map(speak, range(1, SPEAKERS + 1))) == {200}
    with stage.database.reading() as session:
        said = list(session.scalars(select(Outcome).order_by(Outcome.position)))
        call = session.get_one(Call, stage.call.id)
        shared = select(func.sum(Credit.value)).group_by(Credit.model).distinct()
        assert [outcome.position for outcome in said] == list(range(1, SPEAKERS + 1))
        assert call.value == said[-1].value
        assert list(session.scalars(shared)) == [call.value]


def test_who_speaks_while_another_is_heard_waits_and_has_the_last_word(
    postgresql: PostgresDatabases,
) -> None:
    lost = StatedOutcome(Disposition.LOST, None, "GBP", None, None, "Web shop")
    with postgresql.migrated() as url, api_stage(url) as stage, ThreadPoolExecutor(1) as other:
        with stage.database.hot() as tx:
            call = lock_by_id(tx, stage.call.id)
            assert call
            later = other.submit(stage.put, stage.by_id, WON)
            time.sleep(0.3)
            record_outcome(tx, Mint(bytes), call, lost, stage.clock())
        assert later.result().status_code == 200
        with stage.database.reading() as session:
            said = session.scalars(select(Outcome.disposition).order_by(Outcome.position))
            assert list(said) == ["lost", "won"]
            assert session.get_one(Call, stage.call.id).disposition == "won"
