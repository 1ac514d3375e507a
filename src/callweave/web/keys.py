"""Which account a program acts for, and under which name: the key it sends."""

import hmac
from dataclasses import dataclass

from flask import g, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from callweave.storage.accounts import ApiKey
from callweave.web.errors import Problem
from callweave.web.extensions import parts
from callweave.workflows.make_key import digest_of, prefix_of


@dataclass(frozen=True, slots=True)
class Holder:
    """``name`` is the key's, and stands by what is recorded with it."""

    account_id: str
    name: str


def require_key() -> None:
    """Before each request of the API. Raises Problem."""
    sent = request.authorization
    if sent is None or sent.type != "bearer" or not sent.token:
        detail = "Send an API key: Authorization: Bearer cw_live_..."
        raise Problem(401, "missing-key", detail, headers={"WWW-Authenticate": "Bearer"})
    with parts().database.reading() as session:
        holder = _holder(session, sent.token)
    if holder is None:
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}  # RFC 6750, section 3
        raise Problem(401, "invalid-key", "There is no such API key in use.", headers=challenge)
    g.key_holder = holder


def current_holder() -> Holder:
    """Only for views behind ``require_key``."""
    holder: Holder = g.key_holder
    return holder


def _holder(session: Session, secret: str) -> Holder | None:
    prefix = prefix_of(secret)
    if prefix is None:
        return None
    known = select(ApiKey).where(ApiKey.prefix == prefix, ApiKey.retired_at.is_(None))
    key = session.scalars(known).one_or_none()
    if key is None or not hmac.compare_digest(key.digest, digest_of(secret)):
        return None
    return Holder(key.account_id, key.name)
