"""Several questions as one statement, on both databases."""

from sqlalchemy import bindparam, func, select

from callweave.storage.accounts import Site
from callweave.storage.base import UtcDateTime
from callweave.storage.database import Database
from callweave.storage.numbers import Number, Pool
from callweave.storage.questions import Questions
from shops import NOON, open_shop, shop

_numbers = select(Number.leased_until, Number.e164, Number.role)
NEWEST = _numbers.where(Number.site_id == bindparam("site")).order_by(Number.e164.desc()).limit(2)
POOLS = select(Pool.lease_s, Pool.name, Pool.stands_in, Pool.created_at).where(
    Pool.site_id == bindparam("site")
)
HOW_MANY = select(func.count()).where(Number.leased_until > bindparam("since", type_=UtcDateTime()))
NONE = select(Site.name, Site.id).where(Site.id == "")
EACH = (NONE, NEWEST, HOW_MANY, POOLS)


def test_each_question_is_answered_as_if_it_were_alone(database: Database) -> None:
    site = open_shop(database, shop()).id
    together = Questions(*EACH)
    with database.reading() as session:
        alone = [session.execute(each, {"site": site, "since": NOON}).all() for each in EACH]
        answers = together.ask(database.within(session), site=site, since=NOON)
    assert [set(rows) for rows in answers] == [set(map(tuple, rows)) for rows in alone]
    assert [bool(rows) for rows in answers] == [False, True, True, True]


def test_a_limit_is_of_its_own_question(database: Database) -> None:
    site = open_shop(database, shop()).id
    with database.hot() as tx:
        _, newest, _, pools = Questions(*EACH).ask(tx, site=site, since=NOON)
    assert len(newest) == 2
    assert len({row[1] for row in pools}) == len(pools)
