"""What the service said of itself: one JSON object a line, from all of its processes."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

_BAD = frozenset({"error", "critical"})
FELL_BACK = "fell back"
_UNCAUGHT = "Traceback (most recent call last)"


@dataclass(frozen=True, slots=True)
class Said:
    """``call``: the sid, where it is about one."""

    at: datetime
    message: str
    call: str | None
    why: str
    is_error: bool


def read_log(file: Path) -> Iterator[Said]:
    """The lines that tell of a fallback from memory, or of what nobody foresaw. A line that is no
    JSON comes from a process that was killed while it wrote, or before it could set its log up; or
    it is of a traceback that nobody caught, at the time of the line before.
    """
    latest: Said | None = None
    for line in file.read_text("utf-8", errors="replace").splitlines():
        found = _said(line) if line.startswith("{") else None
        if found and (found.is_error or found.message == FELL_BACK):
            yield found
        if latest and line.startswith(_UNCAUGHT):
            yield replace(latest, message=line, call=None, why="", is_error=True)
        latest = found or latest


def _said(line: str) -> Said | None:
    try:
        said = json.loads(line)
    except json.JSONDecodeError:
        return None
    why = str(said.get("why") or said.get("exception", "").rpartition("\n")[2])
    call, bad = said.get("call"), said.get("level") in _BAD
    return Said(datetime.fromisoformat(said["at"]), said["message"], call, why, bad)
