"""Logs for machines: one JSON object a line on standard error, telephone numbers cut."""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PHONE_NUMBER = re.compile(r"(\+|%2B)[0-9]{5,13}(?=[0-9]{2})", re.IGNORECASE)


class JsonLines(logging.Formatter):
    """Whatever a call passes as ``extra`` becomes a field of the line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _ORDINARY}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _PHONE_NUMBER.sub(_last_two_digits, json.dumps(line, default=str))


def _last_two_digits(found: re.Match[str]) -> str:
    """Enough to tell two callers apart; too little to ring either."""
    return f"{found[1]}..."


def logging_for(level: str) -> dict[str, Any]:
    """For ``logging.config.dictConfig``; gunicorn's own messages take the same way out."""
    own = {"level": level, "handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level, "handlers": ["lines"]},
        "loggers": {
            "gunicorn.error": own,
            "gunicorn.access": own,
            "alembic": {"level": "WARNING"},  # it greets at every look at the schema
            "urllib3": {"level": "ERROR"},  # who asks again tells so itself, if it is in vain
        },
    }
