"""When calls became final in the books, seen while the run goes on, and not only at its end."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Thread

from sqlalchemy import Engine, bindparam, text

from callweave.storage.database import is_trouble
from chaos.real_traffic import Crowd
from chaos.real_way import wall

LOOKS_EVERY_S = 0.3
_FINAL = text("SELECT sid FROM calls WHERE state = 'ended' AND sid IN :sids").bindparams(
    bindparam("sids", expanding=True)
)


@dataclass(slots=True)
class Watch:
    """``final``: by sid, when it was first seen to be final."""

    engine: Engine
    crowd: Crowd
    final: dict[str, datetime] = field(default_factory=dict)
    _seen: int = 0
    _open: dict[str, None] = field(default_factory=dict)
    _stopped: bool = False

    @contextmanager
    def watching(self) -> Iterator[None]:
        thread = Thread(target=self._go_on, name="watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped = True
            thread.join(30)

    def look(self) -> None:
        """Now. A database that is away says nothing."""
        over = self.crowd.over
        self._open |= dict.fromkeys(each.call.sid for each in self.crowd.played[self._seen : over])
        self._seen = over
        for sid in self._ended([*self._open]):
            self.final[sid] = wall()
            del self._open[sid]

    def _ended(self, sids: Sequence[str]) -> Sequence[str]:
        try:
            with self.engine.connect() as connection:
                return connection.execute(_FINAL, {"sids": sids}).scalars().all()
        except Exception as error:
            if not is_trouble(error):
                raise
            return ()

    def _go_on(self) -> None:
        while not self._stopped:
            self.look()
            time.sleep(LOOKS_EVERY_S)
