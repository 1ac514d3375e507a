"""SQLite makes the table of touches anew; what refers to it stays as it was."""

from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import text

from callweave.storage import schema
from callweave.storage.database import Database

TABLES = ("touches", "credits", "calls", "visits")


@pytest.fixture
def before(empty_database_url: str) -> Iterator[Database]:
    """As the version before left it, with a call that has credits."""
    database = Database(empty_database_url)
    with database.engine.connect() as connection:
        command.upgrade(schema._config(connection), "0006")
        connection.commit()
    with database.writing() as session:
        for statement in ROWS.strip().splitlines():
            session.execute(text(statement))
    yield database
    database.close()


ROWS = """
INSERT INTO accounts (id, name, created_at) VALUES ('ac', 'A', '2026-11-01 00:00:00+00:00')
INSERT INTO sites (id, account_id, name, time_zone, currency, own_number, own_number_national, own_number_international, default_destination, allowed_origins, topics, lookback_days, created_at) VALUES ('st', 'ac', 'S', 'UTC', 'GBP', '+1', '1', '1', '+2', '[]', '[]', 90, '2026-11-01 00:00:00+00:00')
INSERT INTO visitors (id, site_id, first_seen_at, last_seen_at, customer, traits) VALUES ('vr', 'st', '2026-11-01 00:00:00+00:00', '2026-11-01 00:00:00+00:00', false, '{}')
INSERT INTO visits (id, site_id, visitor_id, started_at, last_seen_at) VALUES ('vs', 'st', 'vr', '2026-11-01 00:00:00+00:00', '2026-11-01 00:00:00+00:00')
INSERT INTO touches (id, visitor_id, visit_id, at, channel, source, medium, click_ids, landing_page) VALUES ('tc', 'vr', 'vs', '2026-11-01 00:00:00+00:00', 'Direct', 's', 'm', '{}', '')
INSERT INTO calls (id, sid, site_id, account_id, to_number, rung_at, day, state, match_status, candidates, about, whisper, fell_back) VALUES ('ca', 'CA', 'st', 'ac', '+3', '2026-11-01 00:00:00+00:00', '2026-11-01', 'ringing', 'unknown', '[]', '', '', false)
INSERT INTO credits (call_id, model, position, touch_id, share, converted, value, currency) VALUES ('ca', 'linear', 0, 'tc', 1000000, false, 0, 'GBP')
"""  # noqa: E501  a table row each


def test_credits_keep_their_touches(before: Database) -> None:
    schema.upgrade(before.engine.url.render_as_string(hide_password=False))
    assert schema.differences(before) == []
    with before.writing() as session:
        assert session.execute(text("SELECT touch_id FROM credits")).scalars().all() == ["tc"]
        assert session.execute(text("SELECT visit_id FROM touches")).scalars().all() == ["vs"]
        for table in TABLES:
            assert session.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 1


def test_credits_of_no_touch_are_refused_as_before(before: Database) -> None:
    url = before.engine.url.render_as_string(hide_password=False)
    schema.upgrade(url)
    with pytest.raises(Exception, match=r"(?i)foreign key"), before.writing() as session:
        session.execute(text("UPDATE credits SET touch_id = 'nobody'"))
