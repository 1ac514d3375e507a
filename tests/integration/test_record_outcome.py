"""Somebody says how a call ended: nothing that was said is lost, and the latest stands."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from callweave.domain.ids import Mint
from callweave.domain.outcomes import Disposition
from callweave.storage.calls import Call
from callweave.storage.database import Database
from callweave.storage.followed import lock_by_id
from callweave.storage.outcomes import KeptOutcome, Outcome
from callweave.workflows.record_outcome import StatedOutcome, record_outcome
from hot import locked
from journeys import Teller
from shops import NOON, counting_mint, open_shop

SALE = StatedOutcome(Disposition.WON, 149_900, "GBP", "FS-1", "two weeks", "Sam")


@pytest.fixture
def teller(database: Database) -> Iterator[Teller]:
    site = open_shop(database)
    with database.writing() as session:
        teller = Teller(session, session.merge(site))
        teller.call()
        yield teller


@pytest.fixture
def mint() -> Mint:
    return counting_mint()


def say(teller: Teller, mint: Mint, stated: StatedOutcome, minutes: int = 0) -> KeptOutcome:
    tx, call = locked(teller.session, the_call(teller).id)
    changed, outcome = record_outcome(tx, mint, call, stated, NOON + timedelta(minutes=minutes))
    assert changed == lock_by_id(tx, call.id)
    return outcome


def the_call(teller: Teller) -> Call:
    return teller.session.scalars(select(Call).execution_options(populate_existing=True)).one()


def said(teller: Teller) -> list[tuple[int, str, int | None, str]]:
    rows = teller.session.scalars(select(Outcome).order_by(Outcome.position))
    return [(row.position, row.disposition, row.value, row.recorded_by) for row in rows]


def test_what_is_said_is_kept_and_stands_by_the_call(teller: Teller, mint: Mint) -> None:
    outcome = say(teller, mint, SALE)
    call = the_call(teller)
    assert outcome.id.startswith("oc_")
    assert (outcome.order_id, outcome.note, outcome.at) == ("FS-1", "two weeks", NOON)
    assert (call.disposition, call.value, call.currency) == ("won", 149_900, "GBP")


def test_what_was_said_before_is_never_changed(teller: Teller, mint: Mint) -> None:
    say(teller, mint, SALE)
    say(teller, mint, replace(SALE, value=99_900), 1)
    say(teller, mint, replace(SALE, disposition=Disposition.LOST, value=None), 2)
    assert said(teller) == [
        (1, "won", 149_900, "Sam"),
        (2, "won", 99_900, "Sam"),
        (3, "lost", None, "Sam"),
    ]
    call = the_call(teller)
    assert (call.disposition, call.value) == ("lost", None)


def test_the_same_again_is_nothing_new(teller: Teller, mint: Mint) -> None:
    first, again = say(teller, mint, SALE), say(teller, mint, SALE, 5)
    assert again == first
    assert len(said(teller)) == 1


def test_what_was_said_before_the_last_word_can_be_said_again(teller: Teller, mint: Mint) -> None:
    for nth, stated in enumerate([SALE, replace(SALE, value=1), SALE]):
        say(teller, mint, stated, nth)
    assert [value for _, _, value, _ in said(teller)] == [149_900, 1, 149_900]


def test_whatever_differs_is_another_word(teller: Teller, mint: Mint) -> None:
    others = [
        replace(SALE, by="CRM"),
        replace(SALE, note=None),
        replace(SALE, order_id="FS-2"),
        replace(SALE, currency="EUR"),
        replace(SALE, value=0),
    ]
    for stated in [SALE, *others]:
        say(teller, mint, stated)
    assert len(said(teller)) == 1 + len(others)
