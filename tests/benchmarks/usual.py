"""The yardstick: a first view and a ring as services are usually written. Objects of an ORM, a
schema for what comes in, the carrier's own library for signatures and TwiML; the rules, the tables
and what is kept of each request are Callweave's.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue
from itsdangerous import Signer
from marshmallow import EXCLUDE, Schema, fields
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from benchmarks.usual_ring import Carrier, answered
from callweave.domain.ids import Mint
from callweave.domain.interests.growth import grown
from callweave.domain.interests.topic_list import parse_topics
from callweave.domain.interests.topics import Topic, earned
from callweave.domain.visits.touches import Touch as Read
from callweave.domain.visits.touches import read_touch
from callweave.storage.accounts import Site
from callweave.storage.numbers import Lease, Number, Pool
from callweave.storage.visits import Interest, PageView, Touch, Visit, Visitor

app = Flask("usual")
engine = create_engine(os.environ["DATABASE_URL"], pool_size=4)
mint = Mint(os.urandom)
signer = Signer(os.environ["SECRET_KEY"])
carrier = Carrier(os.environ["PUBLIC_BASE_URL"], os.environ["TWILIO_AUTH_TOKEN"])


class PageSchema(Schema):
    url = fields.Url(required=True)
    referrer = fields.String(load_default="", allow_none=True)
    title = fields.String(load_default="")


class VisitSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    site = fields.String(required=True)
    page = fields.Nested(PageSchema, required=True)
    numbers_wanted = fields.List(fields.String(), required=True)
    tz = fields.String(allow_none=True)
    language = fields.String(allow_none=True)


@app.post("/v1/visits")
def announce() -> ResponseReturnValue:
    now, wanted = datetime.now(UTC), VisitSchema().load(request.get_json(force=True))
    with Session(engine) as session, session.begin():
        site = session.get(Site, wanted["site"]) or abort(404)
        if request.headers.get("Origin") not in site.allowed_origins:
            abort(403)
        page = wanted["page"]
        touch = read_touch(
            url=page["url"], referrer=page["referrer"], at=now, own_hosts=site.allowed_origins
        )
        visit = _begun(session, site, wanted, touch)
        _earn(session, site, visit, page, touch)
        session.add(
            PageView(
                id=mint.new("pv", now),
                visit_id=visit.id,
                at=now,
                page=touch.landing_page,
                title=page["title"],
            )
        )
        lent = [_lent(session, site, name, visit) for name in wanted["numbers_wanted"]]
        answer = jsonify(
            visitor=signer.sign(visit.visitor_id).decode(),
            visit=signer.sign(visit.id).decode(),
            numbers=lent,
        )
    answer.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
    return answer, 201


def _begun(session: Session, site: Site, wanted: dict[str, Any], read: Read) -> Visit:
    now = read.at
    visitor = Visitor(
        id=mint.new("vr", now),
        site_id=site.id,
        first_seen_at=now,
        last_seen_at=now,
        customer=False,
        traits={},
    )
    session.add(visitor)
    session.flush()
    visit = Visit(
        id=mint.new("vs", now),
        site_id=site.id,
        visitor_id=visitor.id,
        started_at=now,
        last_seen_at=now,
        time_zone=wanted.get("tz"),
        language=wanted.get("language"),
    )
    session.add(visit)
    session.flush()
    told = {name: getattr(read, name) for name in ("source", "medium", "campaign", "term")}
    touch = Touch(
        id=mint.new("tc", now),
        visitor_id=visitor.id,
        visit_id=visit.id,
        at=now,
        channel=read.channel.value,
        content=read.content,
        click_ids=dict(read.click_ids),
        landing_page=read.landing_page,
        referrer=read.referrer,
        **told,
    )
    session.add(touch)
    return visit


def _earn(session: Session, site: Site, visit: Visit, page: dict[str, str], touch: Read) -> None:
    for topic, weight in earned(
        _topics(json.dumps(site.topics)), url=page["url"], title=page["title"], touch=touch
    ).items():
        now = grown(None, topic=topic, earned=weight, now=touch.at)
        session.add(
            Interest(visitor_id=visit.visitor_id, topic=topic, weight=now.weight, at=now.at)
        )


@lru_cache
def _topics(told: str) -> tuple[Topic, ...]:
    return parse_topics(json.loads(told))


def _lent(session: Session, site: Site, name: str, visit: Visit) -> dict[str, object]:
    now = visit.started_at
    pool = session.scalars(select(Pool).where(Pool.site_id == site.id, Pool.name == name)).one()
    longest_free = (
        select(Number)
        .where(Number.pool_id == pool.id, Number.role == "pooled", Number.leased_until <= now)
        .order_by(Number.leased_until)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    number = session.scalars(longest_free).one()
    lease = Lease(
        id=mint.new("ls", now),
        number_id=number.id,
        visit_id=visit.id,
        assignment="exclusive",
        started_at=now,
        expires_at=now + timedelta(seconds=pool.lease_s),
    )
    session.add(lease)
    number.visit_id, number.lease_id, number.leased_until = visit.id, lease.id, lease.expires_at
    return {
        "pool": name,
        "e164": number.e164,
        "national": number.national,
        "international": number.international,
        "assignment": "exclusive",
    }


@app.post("/voice/ring")
def ring() -> ResponseReturnValue:
    form = request.form.to_dict()
    if not carrier.signed(request.path, form, request.headers.get("X-Twilio-Signature", "")):
        abort(403)
    with Session(engine) as session, session.begin():
        answer = answered(session, mint, form, datetime.now(UTC))
    return Response(answer, content_type="text/xml")
