"""What every test may ask for: a database of its own, on SQLite and on PostgreSQL."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from callweave.storage.database import Database
from databases import (
    Databases,
    PostgresDatabases,
    SqliteDatabases,
    postgres_databases,
    sqlite_databases,
)

# A suite that was started in the background is deaf to Ctrl-C, and so would be what it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says more about this machine's other work than about the code.
hypothesis_settings.register_profile(
    "callweave", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("callweave")


@pytest.fixture(scope="session")
def sqlite() -> Iterator[SqliteDatabases]:
    with sqlite_databases() as databases:
        yield databases


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresDatabases]:
    with postgres_databases() as databases:
        yield databases


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Asked for by name, so that PostgreSQL starts only when a test needs it."""
    found: Databases = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    with databases.migrated() as url:
        yield url


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    with databases.empty() as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()
