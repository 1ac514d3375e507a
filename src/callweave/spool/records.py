"""How one webhook stands in a file, so that damage to it stays its own.

Every record begins at a whole block with a mark that no record's text can hold, then its length
and a digest of both. Whoever reads tries each block that is not empty, so a record whose length
is damaged hides none behind it.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import BinaryIO

from callweave.intake import Webhook

BLOCK = 512
LARGEST = 1 << 20  # bytes; far more than a form that is let in can become
_MARK = b"\xffCW\x01"  # JSON in ASCII holds neither the first nor the last of these
_DIGEST = 16
_HEAD = struct.Struct(f">4sI{_DIGEST}s")


@dataclass(frozen=True, slots=True)
class Kept:
    """``given``: the TwiML that it was answered with."""

    hook: Webhook
    given: str | None


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a whole record stands, in bytes."""

    at: int
    size: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no record: one that was cut off by a kill, or that the disk has changed."""

    at: int
    size: int


def encoded(kept: Kept) -> bytes:
    hook = kept.hook
    told = {
        "kind": hook.kind,
        "leg": hook.leg,
        "fields": hook.fields,
        "at": hook.at.isoformat(),
        "given": kept.given,
    }
    text = json.dumps(told).encode("ascii")
    record = _HEAD.pack(_MARK, len(text), _digest(text)) + text
    return record + bytes(-len(record) % BLOCK)


def decoded(record: bytes) -> Kept:
    """Raises ValueError for a record of which only another version knows what it means."""
    _, length, _ = _HEAD.unpack_from(record)
    try:
        told = json.loads(record[_HEAD.size : _HEAD.size + length])
        fields = tuple((str(name), str(value)) for name, value in told["fields"])
        at = datetime.fromisoformat(told["at"])
        return Kept(Webhook(told["kind"], told["leg"], fields, at), told["given"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"no webhook: {error!r}") from error


def name_of(record: bytes) -> str:
    """The same for the same record, wherever it stands."""
    return bytes(_HEAD.unpack_from(record)[2]).hex()


def age_of(record: bytes) -> float:
    """When it came, in seconds of Unix time; before all others where that is not understood."""
    try:
        return decoded(record).hook.at.timestamp()
    except ValueError:
        return 0.0


def is_whole(record: bytes) -> bool:
    if len(record) < _HEAD.size:
        return False
    mark, length, digest = _HEAD.unpack_from(record)
    text = record[_HEAD.size : _HEAD.size + length]
    return bool(mark == _MARK and len(text) == length and digest == _digest(text))


def found_in(file: BinaryIO) -> Iterator[Slot | Damage]:
    """All that is not empty, from the beginning to the end."""
    at = 0
    while block := file.read(BLOCK):
        if block.count(0) == len(block):
            at += len(block)
            continue
        size = _size(block)
        if is_whole(block + file.read(size - BLOCK)):
            yield Slot(at, size)
        else:
            size = len(block)
            yield Damage(at, size)
        at += size
        file.seek(at)


def _size(block: bytes) -> int:
    """Whole blocks, by what its head says: at most what the file has is read of it."""
    if not block.startswith(_MARK) or len(block) < _HEAD.size:
        return BLOCK
    size = _HEAD.size + int(_HEAD.unpack_from(block)[1])
    return -(-size // BLOCK) * BLOCK if size <= LARGEST else BLOCK


def _digest(text: bytes) -> bytes:
    return blake2b(len(text).to_bytes(4) + text, digest_size=_DIGEST).digest()
