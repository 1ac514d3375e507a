"""Prepared statements read back what they wrote, whatever the driver makes of it on the way."""

from typing import Any

import pytest

from callweave.domain.ids import Mint
from callweave.storage import arrivals
from callweave.storage.database import Database, DuplicateError
from shops import NOON, counting_mint, open_shop


def a_visitor(database: Database, mint: Mint) -> str:
    site, visitor = open_shop(database, mint=mint), mint.new("vr", NOON)
    with database.hot() as tx:
        tx.run(arrivals.WRITE_VISITOR, visitor=visitor, site=site.id, now=NOON)
    return visitor


def write_interests(database: Database, topics: tuple[str, ...], weights: dict[str, Any]) -> None:
    with database.hot() as tx:
        for topic in topics:
            tx.put(arrivals.WRITE_INTEREST, topic=topic, **weights)


def test_a_weight_comes_back_as_a_number_and_its_time_in_utc(database: Database) -> None:
    visitor = a_visitor(database, counting_mint())
    with database.hot() as tx:
        tx.run(arrivals.WRITE_INTEREST, visitor=visitor, topic="norway", weight=0.75, now=NOON)
        assert tx.rows(arrivals.INTERESTS, visitor=visitor) == [("norway", 0.75, NOON)]


def test_what_was_put_is_there_for_whoever_reads_next(database: Database) -> None:
    mint = counting_mint()
    visitor = a_visitor(database, mint)
    with database.hot() as tx:
        for topic, weight in (("norway", 0.5), ("japan", 1.5), ("bahamas", 2.5)):
            tx.put(arrivals.WRITE_INTEREST, visitor=visitor, topic=topic, weight=weight, now=NOON)
        assert ("japan", 1.5, NOON) in tx.rows(arrivals.INTERESTS, visitor=visitor)
        tx.put(arrivals.SEE_VISITOR, visitor=visitor, now=NOON)
    with database.hot() as tx:
        assert ("bahamas", 2.5, NOON) in tx.rows(arrivals.INTERESTS, visitor=visitor)


def test_of_what_was_put_together_nothing_stays_where_one_row_is_refused(
    database: Database,
) -> None:
    visitor = a_visitor(database, counting_mint())
    weights = {"visitor": visitor, "weight": 1.0, "now": NOON}
    with pytest.raises(DuplicateError):
        write_interests(database, ("norway", "japan", "norway"), weights)
    with database.hot() as tx:
        assert tx.rows(arrivals.INTERESTS, visitor=visitor) == []


def test_traits_come_back_as_they_were_told(database: Database) -> None:
    visitor = a_visitor(database, counting_mint())
    told = {"name": "Zoë \U0001f3d6", "spent": 12.5, "customer": True}
    with database.hot() as tx:
        tx.run(arrivals.WRITE_TRAITS, visitor=visitor, traits=told, customer=True)
        assert tx.row(arrivals.READ_TRAITS, visitor=visitor) == (told, True)
