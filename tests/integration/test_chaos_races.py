"""What two transactions could do to each other."""

from collections.abc import Iterator

import pytest

from chaos.races import RACES, race
from databases import Databases

ROUNDS = 1


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whoever comes second is told so, and says so."""
    with caplog.at_level("CRITICAL"):
        yield


@pytest.mark.slow
def test_whoever_comes_at_once_comes_to_what_some_order_comes_to(databases: Databases) -> None:
    assert [str(breach) for breach in race(databases, 1, RACES, ROUNDS)] == []
