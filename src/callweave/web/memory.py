"""Where each number rings when the database cannot be asked: known before it is needed.

What is known is written to a file as well, for a process that starts while the database is away.
"""

import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import mkstemp

from sqlalchemy import select

from callweave.domain.phone import last_two
from callweave.domain.routing.endpoints import Endpoint, InvalidEndpoint
from callweave.storage.accounts import Site
from callweave.storage.database import Database
from callweave.storage.numbers import Number

FRESH = timedelta(minutes=1)
Known = Mapping[str, str | None]
"""Every tracking number, and where its site wants it to ring: None where nobody can be."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Destinations:
    """``otherwise`` is for numbers that nobody told us of."""

    database: Database
    clock: Callable[[], datetime]
    otherwise: str
    file: Path
    _by_number: Known = field(default_factory=dict)
    _written: Known = field(default_factory=dict)
    _warmed_at: datetime | None = None

    def of(self, number: str) -> str | None:
        """None where whatever could be rung is a number of ours, which would ring here again."""
        for destination in (self._by_number.get(number), self.otherwise):
            if destination and destination != number and destination not in self._by_number:
                return destination
        return None

    @property
    def is_stale(self) -> bool:
        """Also where the clock was put back."""
        warmed_at = self._warmed_at
        return warmed_at is None or not timedelta() <= self.clock() - warmed_at <= FRESH

    def warm(self) -> None:
        """Raises the database's trouble, and then still knows what it knew before."""
        wanted = select(Number.e164, Site.default_destination).join(Site, Site.id == Number.site_id)
        with self.database.reading() as session:
            known = _known((number, rings) for number, rings in session.execute(wanted))
        self._by_number = known
        if known != self._written or not self.file.exists():
            self._write(known)
        self._warmed_at = self.clock()

    def recall(self) -> None:
        """From the file; what is damaged in any way is as good as nothing."""
        try:
            told = json.loads(self.file.read_bytes())
            if told["digest"] == _digest(told["numbers"]):
                self._by_number = _known(told["numbers"].items())
                return
            why = "it was changed or cut off"
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            why = repr(error)
        known = {"file": str(self.file), "why": why}
        log.warning("what was known before the start cannot be used", extra=known)

    def _write(self, known: Known) -> None:
        try:
            _put(self.file, json.dumps({"numbers": known, "digest": _digest(known)}))
            self._written = known
        except OSError as error:
            said = {"file": str(self.file), "why": str(error)}
            log.warning("what is known could not be written down", extra=said)


def _put(file: Path, text: str) -> None:
    """In one step, so that nobody ever reads half of it; and nobody else reads it at all."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = mkstemp(dir=file.parent, prefix=f"{file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as new:
            new.write(text)
            new.flush()
            os.fsync(descriptor)
        Path(name).replace(file)
    except OSError:
        Path(name).unlink()
        raise


def _digest(known: Known) -> str:
    return sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _known(rows: Iterable[tuple[str, str | None]]) -> Known:
    """The last resort must not fail, so it is tried before it is needed."""
    return {
        number: destination if _can_be_known(number, destination) else None
        for number, destination in rows
    }


def _can_be_known(number: str, destination: str | None) -> bool:
    try:
        Endpoint.parse(destination or "")
    except InvalidEndpoint as why:
        said = {"number": last_two(number), "why": str(why)}
        log.warning("a site's default destination cannot be rung", extra=said)
        return False
    return True
