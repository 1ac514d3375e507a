"""The pages of one shop, with people who log in and journeys that are told into its database."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from threading import Thread

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

from api_stage import PUBLIC, settings
from callweave.app import create_app
from callweave.domain.ids import Mint
from callweave.storage.accounts import Site, User
from callweave.storage.database import Database
from callweave.web.auth import Role
from callweave.workflows.set_up_site import PoolSetUp
from journeys import PASSWORD, Teller, person
from shops import Clock, counting_mint, open_shop, shop

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(slots=True)
class Stage:
    app: Flask
    client: FlaskClient
    database: Database
    clock: Clock
    site: Site
    mint: Mint
    sids: Iterator[int] = field(default_factory=lambda: count(1))

    @contextmanager
    def telling(self, site: Site | None = None) -> Iterator[Teller]:
        with self.database.writing() as session:
            yield Teller(session, site or self.site, self.mint, self.sids)

    def person(self, role: Role = Role.SUPERVISOR, site: Site | None = None) -> User:
        with self.database.writing() as session:
            return person(session, site or self.site, role)

    def log_in(self, role: Role = Role.SUPERVISOR, site: Site | None = None) -> TestResponse:
        return self.enter(self.person(role, site).email, PASSWORD)

    def enter(self, email: str, password: str, **more: str) -> TestResponse:
        fields = {"email": email, "password": password, "csrf_token": self.token("/login"), **more}
        return self.client.post("/login", data=fields)

    def text(self, path: str) -> str:
        """The page without its markup, as far as tests care."""
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status, answer.text[:500])
        return without_markup(answer.text)

    def post(self, path: str, **fields: str) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token("/"), **fields})

    def token(self, path: str) -> str:
        found = TOKEN.search(self.client.get(path).text)
        assert found, f"no form on {path}"
        return found[1]


def without_markup(page: str) -> str:
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    return re.sub(r" ([,:])", r"\1", words)


@contextmanager
def pages_stage(database_url: str, public: str = PUBLIC) -> Iterator[Stage]:
    clock = Clock()
    app = create_app(replace(settings(database_url), public_base_url=public), clock)
    database: Database = app.extensions["callweave"].database
    mint = counting_mint()
    site = open_shop(database, mint=mint)
    yield Stage(app, app.test_client(), database, clock, site, mint)
    database.close()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The address at which browsers of this machine reach the app meanwhile."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  the library's
        """A test's output is for what went wrong."""


def second_shop(stage: Stage) -> Site:
    """Of somebody else."""
    pool = PoolSetUp("main", 1800, ("+442079460201",), None)
    wanted = replace(shop(), account="Nearshore", name="Nearshore Holidays", pools=(pool,))
    return open_shop(stage.database, wanted, stage.mint)


@contextmanager
def counted_queries(database: Database) -> Iterator[list[str]]:
    """The statements that are executed meanwhile."""
    seen: list[str] = []

    def note(*told: object) -> None:
        seen.append(str(told[2]))

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)
