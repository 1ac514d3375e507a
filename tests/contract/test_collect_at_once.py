"""Pages of one browser that ask at the same moment, on both databases."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from callweave.storage import arrivals
from callweave.storage.database import Database
from callweave.storage.numbers import Lease
from callweave.storage.visits import Interest, Touch
from databases import PostgresDatabases
from service import Service, at_once, service
from shops import tracked


def lent(here: Service, **changes: Any) -> Any:
    return here.announce(here.page(**changes)).get_json()


def test_tabs_that_come_back_together_are_one_visit_and_one_touch(
    database: Database, database_url: str
) -> None:
    with service(database, database_url) as here:
        first = lent(here)
        here.clock.move(minutes=31)  # the visit is over, and its lease too
        returning = [lambda: here.announce(here.page("/bahamas", first)).status_code] * 3
        strangers = [lambda: here.announce(here.page("/norway")).status_code] * 3
        assert sorted(at_once(returning + strangers)) == [200, 200, 201, 201, 201, 201]
        assert len(here.rows(Touch)) == len(here.rows(Lease)) == 5


def test_two_tabs_of_one_visit_at_once_share_its_number(
    database: Database, database_url: str
) -> None:
    with service(database, database_url) as here:
        first = lent(here, numbers_wanted=[])
        shown = at_once([lambda: here.shown("/bahamas", first)] * 4)
        assert set(shown) == {tracked(1)[0]}
        assert len(here.rows(Lease)) == 1


def test_what_another_request_wrote_first_is_found_the_second_time(
    postgresql: PostgresDatabases,
) -> None:
    with postgresql.migrated() as url, service(Database(url), url) as here:
        first = here.announce(here.page("/")).get_json()
        earned = {"visitor": first["visitor"].partition(".")[0], "topic": "norway", "weight": 1.0}
        with ThreadPoolExecutor(1) as other:
            with here.database.hot() as tx:
                tx.run(arrivals.WRITE_INTEREST, **earned, now=here.clock())
                again = other.submit(here.announce, here.page("/norway", first))
                time.sleep(0.3)
            assert again.result().status_code == 200
        assert [interest.weight > 1 for interest in here.rows(Interest)] == [True]
        here.database.close()
