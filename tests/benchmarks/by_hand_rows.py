"""Statements that are written out, on the driver; see by_hand.py. Each has ``?`` for a value."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from typing import Any

import psycopg
from sqlalchemy import make_url

from callweave.storage.database import Database

Row = tuple[Any, ...]
database = Database(os.environ["DATABASE_URL"])
_here = threading.local()


@contextmanager
def working() -> Iterator[Any]:
    """A cursor: of SQLite in a transaction that is committed at the end, of PostgreSQL in none."""
    if database.is_sqlite:
        with database.hot() as tx:
            yield tx._cursor
        return
    if not hasattr(_here, "cursor"):
        url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql")
        told = url.render_as_string(hide_password=False)
        _here.cursor = psycopg.connect(told, autocommit=True).cursor()
    yield _here.cursor


def one(cursor: Any, statement: str, values: Sequence[Any]) -> Row:
    asked = statement if database.is_sqlite else statement.replace("?", "%s")
    cursor.execute(asked, values)
    (found,) = cursor.fetchall()
    return tuple(found)


def write(cursor: Any, statements: Sequence[str], rows: Sequence[Row]) -> None:
    """PostgreSQL's as one."""
    if database.is_sqlite:
        for statement, row in zip(statements, rows, strict=True):
            cursor.execute(statement, row)
    else:
        asked = together(tuple(statements)).replace("?", "%s")
        cursor.execute(asked, list(chain.from_iterable(rows)))


@cache
def together(statements: tuple[str, ...]) -> str:
    """One statement of PostgreSQL's that does all of them, and returns what the last one does."""
    *before, last = statements
    beside = ", ".join(f"beside_{nth} AS ({each})" for nth, each in enumerate(before))
    return f"WITH {beside} {last}"
