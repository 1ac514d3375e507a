"""What pages are shown, and whom late calls belong to, once the file says otherwise of a pool."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from callweave.domain.leases.pools import BY_VISITOR, Kind, Origin, PoolRules
from callweave.domain.matching import Match, match_ring
from callweave.domain.visits.channels import Channel
from callweave.storage.database import Database
from callweave.storage.lending import Lent
from callweave.storage.numbers import Number
from callweave.storage.ringing import dialled_number
from callweave.storage.sites import load_site
from callweave.workflows.set_up_site import NumberTakenError, PoolSetUp, set_up_site
from callweave.workflows.welcome_visitor import Arrival, welcome_visitor
from shops import OVERFLOW, Clock, counting_mint, shop, tracked

OTHER = "+442079460098"
ORIGIN = Origin(Channel.EMAIL, "newsletter", "email", None)
BY_SOURCE = PoolRules(Kind.SOURCE, origin=ORIGIN)
IN_PRINT = PoolRules(Kind.PLACEMENT, origin=ORIGIN)


def main(
    *numbers: str, overflow: str | None = OVERFLOW, rules: PoolRules = BY_VISITOR
) -> PoolSetUp:
    return PoolSetUp("main", 1800, numbers, overflow, rules)


class Shop:
    """Applied anew whenever its file changes."""

    def __init__(self, database: Database, pool: PoolSetUp) -> None:
        self.database, self.clock, self.mint = database, Clock(), counting_mint()
        self.apply(pool)

    def apply(self, pool: PoolSetUp) -> None:
        wanted = replace(shop(), pools=(pool,))
        with self.database.writing() as session:
            self.site = set_up_site(session, self.mint, wanted, "a test", self.clock()).id

    def view(self) -> tuple[str, str]:
        """The number, and how it was given, to somebody who comes for the first time."""
        with self.database.reading() as session:
            facts = load_site(session, self.site)
        assert facts
        url = "https://shop.example/"
        arrival = Arrival(None, None, url, None, "", ["main"], "Europe/London", "en-GB")
        with self.database.hot() as tx:
            (lent,) = welcome_visitor(tx, self.mint, facts, arrival, self.clock()).numbers
        assert isinstance(lent, Lent)
        return lent.number.e164, lent.assignment

    def ring(self, e164: str) -> Match:
        with self.database.hot() as tx:
            found = dialled_number(tx, e164)
        assert found
        return match_ring(found[1], self.clock())

    def roles(self) -> dict[str, str]:
        with self.database.reading() as session:
            return {n.e164: n.role for n in session.scalars(select(Number))}


def test_the_overflow_number_that_the_file_names_is_the_one_that_is_shown(
    database: Database,
) -> None:
    shop = Shop(database, main())
    for named in (OTHER, OVERFLOW, OTHER):
        shop.apply(main(overflow=named))
        assert shop.view() == (named, "shared")


def test_who_saw_the_overflow_number_of_before_is_still_known_by_it(database: Database) -> None:
    shop = Shop(database, main())
    shop.view()
    shop.clock.move(hours=1)
    shop.apply(main(overflow=OTHER))
    shop.view()
    assert len(shop.ring(OVERFLOW).candidates) == 1
    assert shop.roles() == {OVERFLOW: "overflow", OTHER: "overflow"}


def test_a_source_shows_the_number_that_the_file_names(database: Database) -> None:
    first, second = tracked(2)
    shop = Shop(database, main(first, overflow=None, rules=BY_SOURCE))
    for named in (second, first):
        shop.clock.move(hours=1)
        shop.apply(main(named, overflow=None, rules=BY_SOURCE))
        assert shop.view() == (named, "shared")


def test_a_pool_by_visitor_becomes_one_of_a_source_and_back(database: Database) -> None:
    (number,) = tracked(1)
    shop = Shop(database, main(number))
    assert shop.view() == (number, "exclusive")
    for rules, assignment in ((BY_SOURCE, "shared"), (BY_VISITOR, "exclusive")):
        shop.clock.move(hours=1)
        overflow = OVERFLOW if rules is BY_VISITOR else None
        shop.apply(main(number, overflow=overflow, rules=rules))
        shop.clock.move(hours=1)
        assert shop.ring(number).candidates
        assert shop.view() == (number, assignment)


def test_numbers_change_places_within_a_pool(database: Database) -> None:
    (number,) = tracked(1)
    shop = Shop(database, main(number))
    shop.apply(main(OVERFLOW, overflow=number))
    shop.clock.move(hours=1)
    assert [shop.view(), shop.view()] == [(OVERFLOW, "exclusive"), (number, "shared")]


@pytest.mark.parametrize(("rules", "said"), [(BY_VISITOR, "own"), (BY_SOURCE, "for many")])
def test_a_number_that_is_on_a_page_keeps_its_role(
    database: Database, rules: PoolRules, said: str
) -> None:
    (number,) = tracked(1)
    shop = Shop(database, main(number, overflow=None, rules=rules))
    shop.view()
    shop.clock.move(minutes=10)
    roles = shop.roles()
    other = BY_VISITOR if rules is BY_SOURCE else BY_SOURCE
    with pytest.raises(NumberTakenError, match=f"2026-11-18 12:30 UTC at the least, as .*{said}"):
        shop.apply(main(number, overflow=None, rules=other))
    assert shop.roles() == roles


def test_what_was_shown_to_many_is_not_lent_before_processes_know(database: Database) -> None:
    (number,) = tracked(1)
    shop = Shop(database, main(number, overflow=None, rules=BY_SOURCE))
    shop.apply(main(number))
    assert shop.view() == (OVERFLOW, "shared")
    shop.clock.move(minutes=2)
    assert shop.view() == (number, "exclusive")


def test_a_number_in_print_does_not_become_an_overflow_number_unasked(database: Database) -> None:
    van, other = tracked(2)
    shop = Shop(database, main(van, other, overflow=None, rules=IN_PRINT))
    with pytest.raises(NumberTakenError, match=re.escape(f"{van} is in pool 'main', too")):
        shop.apply(main(other, overflow=None))
    shop.apply(main(other))
    assert shop.roles() == {van: "overflow", other: "pooled", OVERFLOW: "overflow"}
    assert shop.view() == (OVERFLOW, "shared")
