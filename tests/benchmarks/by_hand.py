"""The floor: the rows and the answer of a first view, and nothing else that Callweave does for it.

No check, no rule, no consent, no channel, no interest that was earned, no layer: statements are
written out, run on the driver, and all that can be known before is a constant. What it costs more
than an echo is the price of these tables with this server, this framework and this driver.
"""

import hmac
import json
import os
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import psycopg
from flask import Flask, Response, request
from sqlalchemy import make_url, select

from callweave.domain.ids import Mint
from callweave.storage.accounts import Site
from callweave.storage.database import Database
from callweave.storage.numbers import Pool
from shops import ORIGIN

app = Flask("by hand")
mint = Mint(os.urandom)
database = Database(os.environ["DATABASE_URL"])
with database.reading() as session:
    SITE = session.scalars(select(Site.id)).one()
    POOLS = {
        name: (pool, s)
        for name, pool, s in session.execute(select(Pool.name, Pool.id, Pool.lease_s))
    }
_KEYED = hmac.new(os.environ["SECRET_KEY"].encode(), digestmod=sha256)
_HEADERS = [
    ("Content-Type", "application/json"),
    ("Access-Control-Allow-Origin", ORIGIN),
    ("Vary", "Origin"),
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
]
_WRITES = (
    """INSERT INTO visitors (id, site_id, first_seen_at, last_seen_at, customer, traits)
    VALUES (?, ?, ?, ?, FALSE, '{}')""",
    """INSERT INTO visits (id, site_id, visitor_id, started_at, last_seen_at, time_zone, language)
    VALUES (?, ?, ?, ?, ?, ?, ?)""",
    """INSERT INTO touches (id, visitor_id, visit_id, at, channel, source, medium, campaign,
    click_ids, landing_page, referrer)
    VALUES (?, ?, ?, ?, 'Paid Search', 'google', 'cpc', 'bahamas-winter', '{}', ?, ?)""",
    "INSERT INTO page_views (id, visit_id, at, page, title) VALUES (?, ?, ?, ?, ?)",
    "INSERT INTO interests (visitor_id, topic, weight, at) VALUES (?, 'bahamas', 1.0, ?)",
)
_CLAIM = (
    "UPDATE numbers SET visit_id = ?, lease_id = ?, leased_until = ?,"
    " free_since = CASE WHEN visit_id IS NOT NULL THEN leased_until END"
    " WHERE id = (SELECT id FROM numbers WHERE pool_id = ? AND role = 'pooled'"
    " AND leased_until <= ? ORDER BY leased_until LIMIT 1{skipping})"
    " RETURNING id, e164, national, international"
)
_LEASE = "INSERT INTO leases (id, number_id, visit_id, assignment, started_at, expires_at) {values}"
_CLAIM_ON_SQLITE = _CLAIM.format(skipping="")
_LEASE_ON_SQLITE = _LEASE.format(values="VALUES (?, ?, ?, 'exclusive', ?, ?)")
Row = tuple[Any, ...]


def _at_once() -> str:
    """The same as one statement of PostgreSQL's."""
    claim = _CLAIM.format(skipping=" FOR UPDATE SKIP LOCKED")
    lease = _LEASE.format(
        values="SELECT ?, id, ?, 'exclusive', ?::timestamptz, ?::timestamptz FROM claim"
    )
    beside = [f"beside_{nth} AS ({each})" for nth, each in enumerate(_WRITES)]
    every = ", ".join([*beside, f"claim AS ({claim})", f"lease AS ({lease})"])
    return f"WITH {every} SELECT * FROM claim".replace("?", "%s")


_AT_ONCE = _at_once()
_here = threading.local()


def _on_sqlite(rows: list[Row], claim: Row) -> Row:
    visit, lease, until, _, now = claim
    with database.hot() as tx:
        cursor: Any = tx._cursor
        for sql, row in zip(_WRITES, rows, strict=False):
            cursor.execute(sql, row)
        (number,) = cursor.execute(_CLAIM_ON_SQLITE, claim).fetchall()
        cursor.execute(_LEASE_ON_SQLITE, (lease, number[0], visit, now, until))
    return tuple(number)


def _on_postgresql(rows: list[Row], claim: Row) -> Row:
    if not hasattr(_here, "connection"):
        url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql")
        told = url.render_as_string(hide_password=False)
        _here.connection = psycopg.connect(told, autocommit=True)
    visit, lease, until, _, now = claim
    values = [value for row in rows for value in row]
    found = _here.connection.execute(_AT_ONCE, [*values, *claim, lease, visit, now, until])
    (number,) = found.fetchall()
    return tuple(number)


_write: Callable[[list[Row], Row], Row] = _on_sqlite if database.is_sqlite else _on_postgresql


@app.post("/v1/visits")
def announce() -> Response:
    told = json.loads(request.environ["wsgi.input"].read(int(request.environ["CONTENT_LENGTH"])))
    page, name = told["page"], told["numbers_wanted"][0]
    pool, lease_s = POOLS[name]
    at = datetime.now(UTC)
    now, until = str(at), str(at + timedelta(seconds=lease_s))
    visitor, visit = mint.new("vr", at), mint.new("vs", at)
    landing = page["url"].partition("?")[0]
    rows: list[Row] = [
        (visitor, SITE, now, now),
        (visit, SITE, visitor, now, now, told["tz"], told["language"]),
        (mint.new("tc", at), visitor, visit, now, landing, page["referrer"]),
        (mint.new("pv", at), visit, now, landing, page["title"]),
        (visitor, now),
    ]
    shown = _write(rows, (visit, mint.new("ls", at), until, pool, now))
    body = {
        "visitor": _sealed(visitor),
        "visit": _sealed(visit),
        "numbers": [
            {
                "pool": name,
                "e164": shown[1],
                "national": shown[2],
                "international": shown[3],
                "assignment": "exclusive",
                "reason": "exclusive",
                "replaces": [],
            }
        ],
        "renew_every": 60,
        "expires_in": lease_s,
    }
    return Response(json.dumps(body, separators=(",", ":")), 201, _HEADERS)


def _sealed(name: str) -> str:
    sealing = _KEYED.copy()
    sealing.update(f"{SITE}/{name}".encode())
    return f"{name}.{urlsafe_b64encode(sealing.digest()[:12]).decode()}"
