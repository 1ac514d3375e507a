"""Two versions of Callweave share the tables while one takes over from the other: whatever the
older one asks for and writes, it can ask for and write after every migration of the newer.
"""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from sqlalchemy.schema import CheckConstraint

from callweave.cli import main
from callweave.storage import revisions, schema
from callweave.storage.database import Database

Tables = dict[str, sa.Table]


def config() -> Config:
    config = Config()
    config.set_main_option("script_location", "callweave.storage:migrations")
    config.set_main_option("path_separator", "os")
    return config


def migrations() -> list[ModuleType]:
    scripts = ScriptDirectory.from_config(config()).walk_revisions()
    return [script.module for script in reversed(list(scripts))]


def broken(before: Tables, after: Tables) -> list[str]:
    """What of the older version's does not work any more."""
    gone = [f"table {name} is gone" for name in before.keys() - after.keys()]
    return gone + [
        found for name in before.keys() & after.keys() for found in _in(before[name], after[name])
    ]


def _in(old: sa.Table, new: sa.Table) -> Iterator[str]:
    for name in set(old.c.keys()) - set(new.c.keys()):
        yield f"{old.name}.{name} is gone"
    for name in set(new.c.keys()) - set(old.c.keys()):
        if not (new.c[name].nullable or new.c[name].server_default):
            yield f"{old.name}.{name} has to be given"
    for name in set(old.c.keys()) & set(new.c.keys()):
        yield from _in_column(old.c[name], new.c[name])
    for rule in _rules(new) - _rules(old):
        yield f"{old.name} has a new rule: {rule}"


def _in_column(old: sa.Column[Any], new: sa.Column[Any]) -> Iterator[str]:
    if old.nullable and not new.nullable:
        yield f"{old} must not be empty any more"
    if not old.nullable and old.server_default and not new.server_default:
        yield f"{old} has lost its default"
    if type(old.type) is not type(new.type) or _length(new) < _length(old):
        yield f"{old} is of another type"


def _length(column: sa.Column[Any]) -> float:
    return getattr(column.type, "length", None) or float("inf")


def _rules(table: sa.Table) -> set[str]:
    """What the database refuses to keep."""
    checks = {c for c in table.constraints if isinstance(c, CheckConstraint)}
    uniques = {c for c in table.constraints if isinstance(c, sa.UniqueConstraint)}
    return (
        {f"check {c.sqltext}" for c in checks}
        | {f"unique {sorted(c.columns.keys())}" for c in uniques}
        | {f"unique {sorted(map(str, i.expressions))}" for i in table.indexes if i.unique}
        | {f"{key.parent.name} in {key.target_fullname}" for key in table.foreign_keys}
    )


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    yield database
    database.close()


def moved(database: Database, revision: str) -> Tables:
    settings, found = config(), sa.MetaData()
    with database.engine.connect() as connection:
        settings.attributes.update(connection=connection, tables=schema.TABLES)
        command.upgrade(settings, revision)
        connection.commit()
    found.reflect(database.engine)
    return dict(found.tables)


def test_every_migration_leaves_the_version_before_it_all_it_needs(database: Database) -> None:
    first, *later = migrations()
    before = moved(database, first.revision)
    for migration in later:
        after = moved(database, migration.revision)
        if not hasattr(migration, "takes_away"):
            assert broken(before, after) == [], migration.__file__
        before = after


def test_what_a_migration_takes_away_it_says_and_has_a_reason_for() -> None:
    for migration in migrations():
        assert len(getattr(migration, "takes_away", "nothing, so no reason")) > 20


def old_table() -> Tables:
    return one("id", note(), at())


def one(key: str, *more: sa.Column[Any] | sa.Constraint) -> Tables:
    table = sa.Table("calls", sa.MetaData(), sa.Column(key, sa.Integer, primary_key=True), *more)
    return {"calls": table}


def note() -> sa.Column[Any]:
    return sa.Column("note", sa.String(20))


def at() -> sa.Column[Any]:
    return sa.Column("at", sa.Integer, nullable=False)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({}, "table calls is gone"),
        (one("id", sa.Column("note", sa.String(20))), "calls.at is gone"),
        (one("id", note(), at(), sa.Column("x", sa.Text, nullable=False)), "be given"),
        (one("id", sa.Column("note", sa.String(20), nullable=False), at()), "be empty"),
        (one("id", sa.Column("note", sa.String(10)), at()), "another type"),
        (one("id", sa.Column("note", sa.Integer), at()), "another type"),
        (one("id", note(), at(), sa.UniqueConstraint("at")), "unique ['at']"),
        (one("id", note(), at(), sa.CheckConstraint("at > 5")), "check at > 5"),
        (
            one("id", note(), sa.Column("at", sa.ForeignKey("calls.id"), nullable=False)),
            "at in",
        ),
    ],
)
def test_a_migration_that_takes_something_away_would_be_noticed(after: Tables, said: str) -> None:
    assert any(said in found for found in broken(old_table(), after))


def test_a_migration_that_only_adds_is_fine() -> None:
    count = sa.Column("count", sa.Integer, server_default="0", nullable=False)
    longer = sa.Column("note", sa.String(30))
    after = one("id", longer, at(), sa.Column("more", sa.Text), count)
    assert broken(old_table(), after) == []


@pytest.fixture
def newer(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Upgraded by a version that is not out yet."""
    url = database.engine.url.render_as_string(hide_password=False)
    schema.upgrade(url)
    with database.writing() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    monkeypatch.setenv("DATABASE_URL", url)
    return database


@pytest.mark.parametrize("words", ["upgrade", "check"])
def test_a_database_of_a_newer_version_is_left_alone_and_will_do(
    newer: Database, words: str
) -> None:
    result = CliRunner().invoke(main, ["db", words])
    assert result.exit_code == 0, result.output
    assert "9999" in result.output
    assert "newer version" in result.output
    assert revisions.is_current(newer)
    assert revisions.revision(newer) == "9999"
