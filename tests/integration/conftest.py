"""A service with a shop, a carrier beside it whose requests may be lost, and who tells of journeys.
Files that need another kind of one have their own.
"""

from collections.abc import Iterator

import pytest

from callweave.storage.database import Database
from journeys import Teller, telling
from lossy_carrier import LossyCarrier
from service import Service, service
from shops import tracked


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Service]:
    with service(database, database_url) as running:
        yield running


@pytest.fixture
def carrier(here: Service) -> LossyCarrier:
    return LossyCarrier(here, tracked(1))


@pytest.fixture
def teller(database: Database) -> Iterator[Teller]:
    with telling(database) as teller:
        yield teller
