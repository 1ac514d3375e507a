"""The whole service with one shop, a call of a visitor who clicked twice, and a key."""

import atexit
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from callweave.app import create_app
from callweave.domain.ids import Mint
from callweave.settings import Settings
from callweave.storage.accounts import Account, ApiKey, Site
from callweave.storage.calls import Call
from callweave.storage.database import Database
from callweave.storage.outcomes import Outcome
from callweave.workflows.make_key import NewKey, make_key
from journeys import DIRECT, PAID_CLICK, Teller
from scratch import scratch_folder
from shops import FRONT_DESK, NOON, Clock, open_shop

PUBLIC = "https://calls.example.com"
WON = {"disposition": "won", "value": 149_900}
_chance = random.Random(20417)
_folders, _numbers = scratch_folder(), count()
atexit.register(shutil.rmtree, _folders)


@dataclass(frozen=True, slots=True)
class Stage:
    client: FlaskClient
    database: Database
    clock: Clock
    site: Site
    call: Call
    key: NewKey

    @property
    def by_id(self) -> str:
        return f"/api/v1/calls/{self.call.id}/outcome"

    @property
    def by_sid(self) -> str:
        return f"/api/v1/calls/by-sid/{self.call.sid}/outcome"

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key.secret}"}

    def put(self, path: str, body: Any) -> TestResponse:
        return self.client.put(path, json=body, headers=self.bearer)

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, headers=self.bearer)

    def outcomes(self) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(Outcome)) or 0


@contextmanager
def api_stage(database_url: str) -> Iterator[Stage]:
    clock = Clock(NOON + timedelta(minutes=10))
    app = create_app(settings(database_url), clock)
    database: Database = app.extensions["callweave"].database
    site = open_shop(database)
    with database.writing() as session:
        teller = Teller(session, site)
        visitor = teller.visitor(NOON - timedelta(days=2))
        teller.visit(visitor, NOON - timedelta(days=2), PAID_CLICK)
        visit = teller.visit(visitor, NOON - timedelta(minutes=5), DIRECT)
        call = teller.call(NOON, visit)
    yield Stage(app.test_client(), database, clock, site, call, key_of(database, site.account_id))
    database.close()


def settings(database_url: str) -> Settings:
    return Settings(
        public_base_url=PUBLIC,
        secret_key="k" * 32,
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_tokens=("a" * 32,),
        default_destination=FRONT_DESK,
        database_url=database_url,
        data_dir=_folders / str(next(_numbers)),
        host="127.0.0.1",
        port=8000,
        web_concurrency=1,
        voice_budget_ms=2000,
        spool_mb=0,
        visits_per_network=120,
        log_level="info",
    )


def key_of(database: Database, account_id: str, name: str = "Web shop") -> NewKey:
    with database.writing() as session:
        return make_key(session, Mint(_chance.randbytes), _chance.randbytes, account_id, name, NOON)


def other_account(database: Database) -> str:
    account = Account(id="ac_other", name="Somebody else", created_at=NOON)
    with database.writing() as session:
        session.add(account)
    return account.id


def retire(database: Database, key: NewKey) -> None:
    with database.writing() as session:
        session.get_one(ApiKey, key.id).retired_at = NOON
