"""Forms that nobody understood hold callers' numbers: they are not kept for ever."""

from datetime import timedelta

from sqlalchemy import select

from callweave.storage import set_aside
from callweave.storage.database import Database
from callweave.storage.set_aside import NewSetAside, SetAside
from shops import NOON

DAY = timedelta(days=1)


def put(database: Database, name: str, age: timedelta) -> None:
    new = NewSetAside(name, "status", None, [["From", "+447700900123"]], None, NOON - age, "odd")
    with database.hot() as tx:
        set_aside.put(tx, new)


def test_what_came_long_ago_is_deleted_settled_or_not(database: Database) -> None:
    for name, days in (("settled", 40), ("waiting", 32), ("new", 30)):
        put(database, name, days * DAY)
    with database.writing() as session:
        (old, *_) = set_aside.waiting(session)
        set_aside.settle(session, old.id, NOON - 39 * DAY)
    with database.writing() as session:
        assert set_aside.forget(session, NOON - 31 * DAY) == 2
        assert set_aside.forget(session, NOON - 31 * DAY) == 0
        assert list(session.scalars(select(SetAside.fingerprint))) == ["new"]
