"""The floor: the rows and the answers of page views and rings, and nothing else that Callweave
does for them.

No check, no rule, no consent, no channel, no interest that was earned, no layer: statements are
written out, run on the driver, and all that can be known before is a constant. What it costs more
than an echo is the price of these tables with this server, this framework and this driver.
"""

import hmac
import json
import os
from base64 import b64encode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha1, sha256
from typing import Any

from flask import Flask, Response, abort, request
from sqlalchemy import select

from benchmarks.by_hand_ring import TWIML, keep_ring
from benchmarks.by_hand_rows import Row, database, one, together, working, write
from callweave.domain.ids import Mint
from callweave.storage.accounts import Site
from callweave.storage.numbers import Pool
from callweave.telephony.signatures import read_fields
from callweave.telephony.twiml import CONTENT_TYPE
from shops import ORIGIN

app = Flask("by hand")
mint = Mint(os.urandom)
with database.reading() as session:
    SITE = session.scalars(select(Site.id)).one()
    POOLS = {
        name: (pool, s)
        for name, pool, s in session.execute(select(Pool.name, Pool.id, Pool.lease_s))
    }
_KEYED = hmac.new(os.environ["SECRET_KEY"].encode(), digestmod=sha256)
_TOKEN = os.environ["TWILIO_AUTH_TOKEN"].encode()
_HEADERS = [
    ("Content-Type", "application/json"),
    ("Access-Control-Allow-Origin", ORIGIN),
    ("Vary", "Origin"),
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
]
_PAGE_VIEW = "INSERT INTO page_views (id, visit_id, at, page, title) VALUES (?, ?, ?, ?, ?)"
_WRITES = (
    """INSERT INTO visitors (id, site_id, first_seen_at, last_seen_at, customer, traits)
    VALUES (?, ?, ?, ?, FALSE, '{}')""",
    """INSERT INTO visits (id, site_id, visitor_id, started_at, last_seen_at, time_zone, language)
    VALUES (?, ?, ?, ?, ?, ?, ?)""",
    """INSERT INTO touches (id, visitor_id, visit_id, at, channel, source, medium, campaign,
    click_ids, landing_page, referrer)
    VALUES (?, ?, ?, ?, 'Paid Search', 'google', 'cpc', 'bahamas-winter', '{}', ?, ?)""",
    _PAGE_VIEW,
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
_SEEN = ("UPDATE visits SET last_seen_at = ? WHERE id = ?", _PAGE_VIEW)
_HELD = """SELECT numbers.id, e164, national, international FROM numbers
    JOIN leases ON leases.number_id = numbers.id AND leases.id = numbers.lease_id
    WHERE leases.visit_id = ?"""


_AT_ONCE = together(
    (
        *_WRITES,
        _CLAIM.format(skipping=" FOR UPDATE SKIP LOCKED"),
        _LEASE.format(
            values="SELECT ?, id, ?, 'exclusive', ?::timestamptz, ?::timestamptz"
            f" FROM beside_{len(_WRITES)}"
        ),
        f"SELECT * FROM beside_{len(_WRITES)}",
    )
)


def _lent(rows: list[Row], claim: Row) -> Row:
    visit, lease, until, _, now = claim
    with working() as cursor:
        if not database.is_sqlite:
            values = [value for row in rows for value in row]
            return one(cursor, _AT_ONCE, [*values, *claim, lease, visit, now, until])
        write(cursor, _WRITES, rows)
        number = one(cursor, _CLAIM_ON_SQLITE, claim)
        write(cursor, [_LEASE_ON_SQLITE], [(lease, number[0], visit, now, until)])
    return number


def _kept(visit: str, seen: list[Row]) -> Row:
    with working() as cursor:
        number = one(cursor, _HELD, (visit,))
        write(cursor, _SEEN, seen)
    return number


def _body() -> bytes:
    read: bytes = request.environ["wsgi.input"].read(int(request.environ["CONTENT_LENGTH"]))
    return read


@app.post("/v1/visits")
def announce() -> Response:
    told = json.loads(_body())
    page, name = told["page"], told["numbers_wanted"][0]
    pool, lease_s = POOLS[name]
    at = datetime.now(UTC)
    now, until = str(at), str(at + timedelta(seconds=lease_s))
    landing = page["url"].partition("?")[0]
    if told["visit"]:
        visitor, visit = (told[each].partition(".")[0] for each in ("visitor", "visit"))
        view: Row = (mint.new("pv", at), visit, now, landing, page["title"])
        return _shown(name, visitor, visit, _kept(visit, [(now, visit), view]), 200)
    visitor, visit = mint.new("vr", at), mint.new("vs", at)
    rows: list[Row] = [
        (visitor, SITE, now, now),
        (visit, SITE, visitor, now, now, None, "en-GB"),
        (mint.new("tc", at), visitor, visit, now, landing, page["referrer"]),
        (mint.new("pv", at), visit, now, landing, page["title"]),
        (visitor, now),
    ]
    number = _lent(rows, (visit, mint.new("ls", at), until, pool, now))
    return _shown(name, visitor, visit, number, 201)


def _shown(name: str, visitor: str, visit: str, number: Row, status: int) -> Response:
    body = {
        "visitor": _sealed(visitor),
        "visit": _sealed(visit),
        "numbers": [
            {
                "pool": name,
                "e164": number[1],
                "national": number[2],
                "international": number[3],
                "assignment": "exclusive",
                "reason": "exclusive",
                "replaces": [],
            }
        ],
        "renew_every": 60,
        "expires_in": POOLS[name][1],
    }
    return Response(json.dumps(body, separators=(",", ":")), status, _HEADERS)


def _sealed(name: str) -> str:
    sealing = _KEYED.copy()
    sealing.update(f"{SITE}/{name}".encode())
    return f"{name}.{urlsafe_b64encode(sealing.digest()[:12]).decode()}"


@app.post("/voice/ring")
def ring() -> Response:
    """Whose signature it is counts here, too: what is signed is a part of what is sent."""
    fields = read_fields(_body().decode(), most=200)
    text = os.environ["PUBLIC_BASE_URL"] + "/voice/ring" + "".join(map("".join, sorted(fields)))
    signature = b64encode(hmac.digest(_TOKEN, text.encode(), sha1)).decode()
    if request.environ["HTTP_X_TWILIO_SIGNATURE"] != signature:
        abort(403)
    at, form = datetime.now(UTC), dict[str, Any](fields)
    keep_ring(mint.new("ca", at), str(at), form)
    return Response(TWIML.replace("CALLER", form["From"]), 200, content_type=CONTENT_TYPE)
