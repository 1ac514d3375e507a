"""Prepared statements read back what they wrote, whatever the driver makes of it on the way."""

from callweave.domain.ids import Mint
from callweave.storage import arrivals
from callweave.storage.database import Database
from shops import NOON, counting_mint, open_shop


def a_visitor(database: Database, mint: Mint) -> str:
    site, visitor = open_shop(database, mint=mint), mint.new("vr", NOON)
    with database.hot() as tx:
        tx.run(arrivals.WRITE_VISITOR, visitor=visitor, site=site.id, now=NOON)
    return visitor


def test_a_weight_comes_back_as_a_number_and_its_time_in_utc(database: Database) -> None:
    visitor = a_visitor(database, counting_mint())
    with database.hot() as tx:
        tx.run(arrivals.WRITE_INTEREST, visitor=visitor, topic="norway", weight=0.75, now=NOON)
        assert tx.row(arrivals.READ_INTEREST, visitor=visitor, topic="norway") == (0.75, NOON)


def test_traits_come_back_as_they_were_told(database: Database) -> None:
    visitor = a_visitor(database, counting_mint())
    told = {"name": "Zoë \U0001f3d6", "spent": 12.5, "customer": True}
    with database.hot() as tx:
        tx.run(arrivals.WRITE_TRAITS, visitor=visitor, traits=told, customer=True)
        assert tx.row(arrivals.READ_TRAITS, visitor=visitor) == (told, True)
