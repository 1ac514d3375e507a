"""Settings are read once, by wsgi.py and the commands; every other part receives values."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from callweave.settings import table
from callweave.settings.variable import Environ, Variable


class InvalidSettings(Exception):  # noqa: N818  names a state, not an accident
    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(["These settings cannot be used:", *problems]))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """What serving and working take. ``twilio_auth_tokens`` begins with the current one;
    ``twilio_api_base`` is None for Twilio itself.
    """

    public_base_url: str
    secret_key: str = field(repr=False)
    twilio_account_sid: str
    twilio_auth_tokens: tuple[str, ...] = field(repr=False)
    default_destination: str
    database_url: str = field(repr=False)
    data_dir: Path
    host: str
    port: int
    web_concurrency: int
    voice_budget_ms: int
    spool_mb: int
    visits_per_network: int
    log_level: str
    twilio_api_base: str | None = None

    @classmethod
    def from_env(cls, environ: Environ) -> Self:
        _refuse([*_problems(table.VARIABLES, environ), *_contradictions(environ)])
        tokens = (table.TWILIO_AUTH_TOKEN, table.TWILIO_AUTH_TOKEN_SECONDARY)
        return cls(
            public_base_url=table.PUBLIC_BASE_URL.read(environ),
            secret_key=table.SECRET_KEY.read(environ),
            twilio_account_sid=table.TWILIO_ACCOUNT_SID.read(environ),
            twilio_auth_tokens=tuple(token for each in tokens if (token := each.read(environ))),
            default_destination=table.CALLWEAVE_DEFAULT_DESTINATION.read(environ),
            database_url=database_url(environ),
            data_dir=table.CALLWEAVE_DATA_DIR.read(environ).absolute(),
            host=table.CALLWEAVE_HOST.read(environ),
            port=table.PORT.read(environ),
            web_concurrency=_processes(environ),
            voice_budget_ms=table.CALLWEAVE_VOICE_BUDGET_MS.read(environ),
            visits_per_network=table.CALLWEAVE_VISITS_PER_NETWORK.read(environ),
            spool_mb=table.CALLWEAVE_SPOOL_MB.read(environ),
            log_level=table.LOG_LEVEL.read(environ),
            twilio_api_base=table.TWILIO_API_BASE.read(environ),
        )


def database_url(environ: Environ) -> str:
    """For the commands that need a database and nothing else."""
    _refuse(_problems((table.DATABASE_URL, table.CALLWEAVE_DATA_DIR), environ))
    file = table.CALLWEAVE_DATA_DIR.read(environ).absolute() / "callweave.sqlite3"
    return table.DATABASE_URL.read(environ) or f"sqlite:///{file}"


def _problems(variables: Iterable[Variable[Any]], environ: Environ) -> list[str]:
    return [problem for each in variables for problem in each.problems(environ)]


def _contradictions(environ: Environ) -> Iterator[str]:
    """One process writes to SQLite: docs/decisions/0007."""
    if _problems((table.DATABASE_URL, table.WEB_CONCURRENCY), environ):
        return
    if _on_sqlite(environ) and _processes(environ) > 1:
        yield "WEB_CONCURRENCY must be 1 on SQLite; set DATABASE_URL to PostgreSQL for more"


def _processes(environ: Environ) -> int:
    return table.WEB_CONCURRENCY.read(environ) or (1 if _on_sqlite(environ) else 2)


def _on_sqlite(environ: Environ) -> bool:
    return database_url(environ).startswith("sqlite:")


def _refuse(problems: list[str]) -> None:
    if problems:
        raise InvalidSettings(problems)
