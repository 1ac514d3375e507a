"""A holiday shop in a database, and ids and a clock that tests can foresee."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeAlias

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from callweave.domain.ids import Mint
from callweave.storage.accounts import Site
from callweave.storage.database import Database
from callweave.storage.schema import TABLES
from callweave.workflows.set_up_site import AgentSetUp, PoolSetUp, SiteSetUp, set_up_site

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
ORIGIN = "https://shop.example"
OWN_NUMBER = "+442079460000"
OVERFLOW = "+442079460099"
FRONT_DESK = "+441614960100"
ANA, BEN, DEV = "+441614960101", "+441614960102", "+441614960107"

TOPICS = (
    {"topic": "bahamas", "name": "the Bahamas", "url": ["/bahamas*"], "campaign": ["*bahamas*"]},
    {"topic": "norway", "name": "Norway", "url": ["/norway*"]},
)
AGENTS = (
    AgentSetUp("Ana", ANA, {"bahamas": 9, "sales": 5}, {}),
    AgentSetUp("Ben", BEN, {"bahamas": 6, "norway": 8}, {}),
    AgentSetUp("Dev", DEV, {"sales": 8}, {}),
)
PLAN = {
    "time_zone": "Europe/London",
    "rules": [
        {
            "name": "Bahamas specialists",
            "when": {"interest": "bahamas"},
            "targets": [{"skill": "bahamas"}],
            "about": "a holiday in the Bahamas",
        }
    ],
    "default": {"targets": [{"skill": "sales", "level": 6}]},
}

_Rows: TypeAlias = list[tuple[Table, list[dict[str, Any]]]]
_ROWS: dict[str, tuple[str, _Rows]] = {}


def counting_mint(first: int = 1) -> Mint:
    """A byte makes a letter of five bits."""
    numbers = count(first)

    def counted(size: int) -> bytes:
        number = next(numbers)
        return bytes(number >> 5 * nth & 31 for nth in reversed(range(size)))

    return Mint(counted)


class Clock:
    """Stands still until it is moved."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


def tracked(count_: int) -> tuple[str, ...]:
    return tuple(f"+44207946{100 + nth:04}" for nth in range(1, count_ + 1))


def shop(
    numbers: int = 3, *, overflow: bool = True, lease_s: int = 1800, origin: str = ORIGIN
) -> SiteSetUp:
    return SiteSetUp(
        account="Farshore",
        name="Farshore Holidays",
        time_zone="Europe/London",
        currency="GBP",
        own_number=OWN_NUMBER,
        default_destination=FRONT_DESK,
        allowed_origins=(origin,),
        lookback_days=90,
        topics=TOPICS,
        pools=(PoolSetUp("main", lease_s, tracked(numbers), OVERFLOW if overflow else None),),
        agents=AGENTS,
        plan=PLAN,
    )


def open_shop(
    database: Database, wanted: SiteSetUp | None = None, mint: Mint | None = None
) -> Site:
    """Sets up each kind of shop once. In another empty database the same ids would name the same
    rows, so those are laid there: a tenth of the time, in more than a thousand tests.
    """
    wanted = wanted or shop()
    with database.writing() as session:
        if mint or session.scalar(select(Site.id).limit(1)):
            return set_up_site(session, mint or counting_mint(), wanted, "a test", NOON)
        if repr(wanted) not in _ROWS:
            site = set_up_site(session, counting_mint(), wanted, "a test", NOON)
            session.flush()
            _ROWS[repr(wanted)] = site.id, _all_rows(session)
            return site
        site_id, rows = _ROWS[repr(wanted)]
        for table, found in rows:
            session.execute(insert(table), found)
        return session.get_one(Site, site_id)


def _all_rows(session: Session) -> _Rows:
    found = ((table, session.execute(select(table)).mappings()) for table in TABLES.sorted_tables)
    laid = ((table, [dict(row) for row in rows]) for table, rows in found)
    return [(table, rows) for table, rows in laid if rows]
