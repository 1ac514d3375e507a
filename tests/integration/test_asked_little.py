"""PostgreSQL is asked as little as the work allows, and takes back what it has to."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text

from callweave.domain.ids import Mint
from callweave.storage import arrivals, claims
from callweave.storage.accounts import Site
from callweave.storage.database import Database
from callweave.storage.numbers import Lease, Number
from callweave.storage.prepared import HotTransaction
from callweave.storage.visits import Visit
from databases import PostgresDatabases
from service import Line, Service, service
from shops import NOON, counting_mint, open_shop, shop


class AccidentError(Exception):
    pass


@pytest.fixture
def server(postgresql: PostgresDatabases) -> Iterator[Database]:
    with postgresql.migrated() as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture
def here(postgresql: PostgresDatabases) -> Iterator[Service]:
    with postgresql.migrated() as url, service(Database(url), url) as here:
        yield here
        here.database.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the server is asked, in order: COMMIT is not among it."""
    words: list[str] = []
    execute = psycopg.Cursor.execute

    def note(cursor: psycopg.Cursor, query: Any, *values: Any, **how: Any) -> object:
        words.append(str(query).split()[0])
        return execute(cursor, query, *values, **how)

    monkeypatch.setattr(psycopg.Cursor, "execute", note)
    return words


def pool_of(server: Database) -> str:
    with server.reading() as session:
        return session.scalars(select(Number.pool_id).where(Number.role == "pooled")).one()


def a_visit(tx: HotTransaction, mint: Mint, site: Site) -> str:
    visitor, visit = mint.new("vr", NOON), mint.new("vs", NOON)
    tx.put(arrivals.WRITE_VISITOR, visitor=visitor, site=site.id, now=NOON)
    place = {"time_zone": None, "language": None}
    tx.put(arrivals.WRITE_VISIT, visit=visit, visitor=visitor, site=site.id, now=NOON, **place)
    return visit


def test_a_first_view_is_one_statement(here: Service, asked: list[str]) -> None:
    here.announce(here.page("/bahamas"))
    asked.clear()
    assert here.announce(here.page("/norway")).status_code == 201
    assert asked == ["WITH"]


def test_a_page_view_of_a_known_visit_is_a_question_and_a_statement(
    here: Service, asked: list[str]
) -> None:
    first = here.announce(here.page("/")).get_json()
    asked.clear()
    assert here.announce(here.page("/contact", first)).status_code == 200
    assert asked == ["SELECT", "WITH"]


def test_what_is_only_read_opens_no_transaction(server: Database) -> None:
    with server.hot() as tx, server.engine.connect() as beside:
        tx.rows(arrivals.INTERESTS, visitor="vr_nobody")
        states = "SELECT state FROM pg_stat_activity WHERE datname = current_database()"
        assert "idle in transaction" not in beside.scalars(text(states)).all()


def test_what_was_flushed_is_taken_back(server: Database) -> None:
    mint = counting_mint()
    site = open_shop(server, mint=mint)
    with suppress(AccidentError), server.hot() as tx:
        visit = a_visit(tx, mint, site)
        tx.flush()
        raise AccidentError
    with server.hot() as tx:
        assert tx.row(arrivals.OWNERS_OF, visit=visit) is None


def test_what_was_changed_before_anything_was_read_is_taken_back(server: Database) -> None:
    mint = counting_mint()
    site = open_shop(server, mint=mint)
    with server.hot() as tx:
        visit = a_visit(tx, mint, site)
    with suppress(AccidentError), server.hot() as tx:
        assert tx.run(arrivals.SEE_VISIT, visit=visit, now=NOON + timedelta(hours=1)) == 1
        raise AccidentError
    with server.reading() as session:
        assert session.get_one(Visit, visit).last_seen_at == NOON


def test_a_claim_stays_with_all_that_was_put_before_it(server: Database) -> None:
    mint = counting_mint()
    site = open_shop(server, shop(1), mint)
    with suppress(AccidentError), server.hot() as tx:
        visit = a_visit(tx, mint, site)
        pool = pool_of(server)
        asked = {"pool": pool, "visit": visit, "lease": mint.new("ls", NOON)}
        assert claims.CLAIM.row(tx, now=NOON, til=NOON, **asked)
        raise AccidentError
    with server.reading() as session:
        lease = session.scalars(select(Lease)).one()
        number = session.get_one(Number, lease.number_id)
        assert (lease.visit_id, number.lease_id, number.visit_id) == (visit, lease.id, visit)


def test_a_ring_takes_its_turn_with_the_begin_of_its_transaction(
    here: Service, asked: list[str]
) -> None:
    line = Line(here, here.shown("/norway"))
    asked.clear()
    line.ring()
    assert asked[0].startswith("Composed([SQL('BEGIN;")
    assert "BEGIN" not in asked
