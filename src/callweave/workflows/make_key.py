"""An account gets a key for the REST API. The key itself is kept nowhere, only what proves it."""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from callweave.domain.ids import Mint
from callweave.domain.outcomes import MAX_RECORDED_BY
from callweave.storage.accounts import ApiKey

# 8 characters find the key's row, 32 (192 bits) prove the key: too many to guess, so that one
# plain SHA-256 is enough, and quick.
_RANDOM_BYTES = 30
_FORM = re.compile(r"(cw_live_[A-Za-z0-9_-]{8})[A-Za-z0-9_-]{32}")


class KeyNameError(ValueError):
    """A name that could not stand beside what the key records; the message says why."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """``secret`` is for showing once."""

    id: str
    secret: str = field(repr=False)


def make_key(
    session: Session,
    mint: Mint,
    entropy: Callable[[int], bytes],
    account_id: str,
    name: str,
    now: datetime,
) -> NewKey:
    """``entropy(n)`` returns n random bytes. Raises KeyNameError."""
    name = _checked(name.strip())
    secret = "cw_live_" + urlsafe_b64encode(entropy(_RANDOM_BYTES)).decode()
    key = ApiKey(
        id=mint.new("ky", now),
        account_id=account_id,
        name=name,
        prefix=prefix_of(secret),
        digest=digest_of(secret),
        created_at=now,
    )
    session.add(key)
    return NewKey(key.id, secret)


def prefix_of(secret: str) -> str | None:
    """What finds the key's row; None for what cannot be a key."""
    found = _FORM.fullmatch(secret)
    return found[1] if found else None


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _checked(name: str) -> str:
    if not name or not name.isprintable():
        raise KeyNameError("A key needs a name in one line, which says who uses it.")
    if len(name) > MAX_RECORDED_BY:
        raise KeyNameError(f"A key's name has at most {MAX_RECORDED_BY} characters.")
    return name
