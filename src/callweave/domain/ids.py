"""Names for things: sortable by birth, unguessable, and sealed where the public holds them."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LETTERS = (_ALPHABET * 8).encode()  # one for each byte, each letter as often as any other
_MOMENT, _RANDOM = 10, 16  # letters, of five bits each
_ID = re.compile(r"([a-z]{2})_[0-9a-hjkmnp-tv-z]{26}")


@dataclass(frozen=True, slots=True)
class Mint:
    """Makes ids of the form ``vs_01j9z...``: a prefix and a ULID in lower case.

    ``entropy(n)`` returns n random bytes; 80 random bits follow 48 bits of milliseconds
    (github.com/ulid/spec), so ids made later sort later and none can be guessed.
    """

    entropy: Callable[[int], bytes]

    def new(self, prefix: str, at: datetime) -> str:
        return f"{prefix}_{_moment(at)}{self.entropy(_RANDOM).translate(_LETTERS).decode()}"


@lru_cache(maxsize=16)
def _moment(at: datetime) -> str:
    """What is made together is made at one moment."""
    milliseconds = int(at.timestamp() * 1000)
    return "".join(_ALPHABET[milliseconds >> 5 * nth & 31] for nth in reversed(range(_MOMENT)))


def claimed_id(sealed: str, prefix: str) -> str | None:
    """What sealed text says that it holds; whether that is true, only ``Seal.open`` can tell."""
    name = sealed.partition(".")[0]
    found = _ID.fullmatch(name)
    return name if found and found[1] == prefix else None


@dataclass(frozen=True, slots=True)
class Seal:
    """Signs the ids that browsers hold, so that a forged or foreign one is known as such.

    The seal is 96 bits of HMAC-SHA-256 over site and id: an id of one site means nothing
    on another.
    """

    key: bytes

    def close(self, name: str, site: str) -> str:
        return f"{name}.{_mark(self.key, f'{site}/{name}')}"

    def open(self, sealed: str | None, site: str, prefix: str) -> str | None:
        """The id inside, or None when the seal is not ours for this site."""
        if sealed is None or not sealed.isascii():
            return None
        name = claimed_id(sealed, prefix)
        return name if name and hmac.compare_digest(sealed, self.close(name, site)) else None


@lru_cache(maxsize=4096)
def _mark(key: bytes, text: str) -> str:
    """A page says its visitor's ids with every request, and is told them again."""
    sealing = _keyed(key).copy()
    sealing.update(text.encode())
    return urlsafe_b64encode(sealing.digest()[:12]).decode()


@lru_cache(maxsize=8)
def _keyed(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod=hashlib.sha256)
