"""A fresh database for each test, copied from one that was migrated once."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from callweave.storage.schema import upgrade
from postgres import running_postgres
from scratch import scratch_folder


class Databases(Protocol):
    """Each hands out the URL of a database that is gone when the block ends."""

    def empty(self) -> AbstractContextManager[str]: ...

    def migrated(self) -> AbstractContextManager[str]: ...


class SqliteDatabases:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "migrated.sqlite3"
        upgrade(f"sqlite:///{self._template}")

    @contextmanager
    def empty(self) -> Iterator[str]:
        own = Path(tempfile.mkdtemp(dir=self._folder))
        yield f"sqlite:///{own}/callweave.sqlite3"
        shutil.rmtree(own)

    @contextmanager
    def migrated(self) -> Iterator[str]:
        with self.empty() as url:
            shutil.copyfile(self._template, url.removeprefix("sqlite:///"))
            yield url


class PostgresDatabases:
    """``template`` must have no connections while it is copied, so its engine is closed.

    Who has just hung up is still there for a moment, and a database that has somebody in it makes
    DROP wait 100 ms: each goes with the next one.
    """

    def __init__(self, url: str, server: psycopg.Connection) -> None:
        self._url = make_url(url)
        self._server = server
        self._left: list[str] = []
        self._template = self._create("template1")
        upgrade(self._address(self._template))

    @contextmanager
    def empty(self) -> Iterator[str]:
        with self._copy_of("template1") as url:
            yield url

    @contextmanager
    def migrated(self) -> Iterator[str]:
        with self._copy_of(self._template) as url:
            yield url

    def close(self) -> None:
        self._drop(self._template)
        self._drop_left()

    @contextmanager
    def _copy_of(self, template: str) -> Iterator[str]:
        name = self._create(template)
        yield self._address(name)
        self._drop_left()
        self._left.append(name)

    def _create(self, template: str) -> str:
        name = f"callweave_test_{secrets.token_hex(6)}"
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        self._server.execute(command.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def _drop_left(self) -> None:
        while self._left:
            self._drop(self._left.pop())

    def _drop(self, name: str) -> None:
        command = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        self._server.execute(command.format(sql.Identifier(name)))

    def _address(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)


@contextmanager
def sqlite_databases() -> Iterator[SqliteDatabases]:
    folder = scratch_folder()
    yield SqliteDatabases(folder)
    shutil.rmtree(folder)


@contextmanager
def postgres_databases() -> Iterator[PostgresDatabases]:
    """TEST_DATABASE_URL names a server to take instead of one of our own."""
    given = os.environ.get("TEST_DATABASE_URL")
    with (
        nullcontext(given) if given else running_postgres() as url,
        psycopg.connect(url, autocommit=True) as server,
    ):
        databases = PostgresDatabases(url, server)
        yield databases
        databases.close()
