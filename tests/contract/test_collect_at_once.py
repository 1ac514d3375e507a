"""Pages of one browser that ask at the same moment, on both databases."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

from werkzeug.test import TestResponse

from callweave.storage import arrivals
from callweave.storage.database import Database
from callweave.storage.numbers import Lease
from callweave.storage.visits import Interest, PageView, Touch
from callweave.workflows.set_up_site import PoolSetUp
from databases import PostgresDatabases
from service import Service, at_once, service
from shops import shop, tracked

ROUNDS = 12


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


def test_pages_of_one_visit_at_once_share_what_they_are_lent_by_two_pools(
    database: Database, database_url: str
) -> None:
    """A visit that has no number yet, and pages that find that out together."""
    pools = ("main", "sales")
    numbers = tracked(80)
    wanted = tuple(
        PoolSetUp(name, 1800, numbers[nth::2], overflow=None) for nth, name in enumerate(pools)
    )
    with service(database, database_url, replace(shop(1), pools=wanted)) as here:
        for nth in range(ROUNDS):
            first = lent(here, numbers_wanted=[])
            pages = [f"/{nth}/{page}" for page in range(4)]
            answers = at_once([partial(opened, here, path, first, pools) for path in pages])
            assert {answer.status_code for answer in answers} == {200}
            assert len({shown_by(answer) for answer in answers}) == 1
        assert len(here.rows(Lease)) == 2 * ROUNDS
        assert len(here.rows(PageView)) == 5 * ROUNDS


def test_what_pages_of_one_topic_earn_at_once_is_all_kept(
    database: Database, database_url: str
) -> None:
    paths = [f"/bahamas/{page}" for page in range(3)]
    with service(database, database_url) as here:
        one_by_one = lent(here)
        for path in paths:
            assert opened(here, path, one_by_one).status_code == 200
        for _ in range(ROUNDS):
            first = lent(here, numbers_wanted=[])
            at_once([partial(opened, here, path, first) for path in paths])
        weights = {round(interest.weight, 9) for interest in here.rows(Interest)}
        assert len(weights) == 1


def opened(here: Service, path: str, before: Any, pools: Sequence[str] = ()) -> TestResponse:
    return here.announce(here.page(path, before, numbers_wanted=[*pools]))


def shown_by(answer: TestResponse) -> tuple[str, ...]:
    return tuple(number["e164"] for number in answer.get_json()["numbers"])
