"""Somebody says how a call ended: nothing that was said is lost, and the latest stands."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from callweave.domain.ids import Mint
from callweave.domain.outcomes import Disposition
from callweave.storage.calls import Call
from callweave.storage.database import Database
from callweave.storage.outcomes import Outcome
from callweave.workflows.record_outcome import StatedOutcome, record_outcome
from journeys import Teller
from shops import NOON, counting_mint, open_shop

SALE = StatedOutcome(Disposition.WON, 149_900, "GBP", "FS-1", "two weeks", "Sam")


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    site = open_shop(database)
    with database.writing() as session:
        Teller(session, session.merge(site)).call()
        yield session


@pytest.fixture
def mint() -> Mint:
    return counting_mint()


def say(session: Session, mint: Mint, stated: StatedOutcome, minutes: int = 0) -> Outcome:
    call = session.scalars(select(Call)).one()
    return record_outcome(session, mint, call.id, stated, NOON + timedelta(minutes=minutes))


def said(session: Session) -> list[tuple[int, str, int | None, str]]:
    rows = session.scalars(select(Outcome).order_by(Outcome.position))
    return [(row.position, row.disposition, row.value, row.recorded_by) for row in rows]


def test_what_is_said_is_kept_and_stands_by_the_call(session: Session, mint: Mint) -> None:
    outcome = say(session, mint, SALE)
    call = session.scalars(select(Call)).one()
    assert outcome.id.startswith("oc_")
    assert (outcome.order_id, outcome.note, outcome.at) == ("FS-1", "two weeks", NOON)
    assert (call.disposition, call.value, call.currency) == ("won", 149_900, "GBP")


def test_what_was_said_before_is_never_changed(session: Session, mint: Mint) -> None:
    say(session, mint, SALE)
    say(session, mint, replace(SALE, value=99_900), 1)
    say(session, mint, replace(SALE, disposition=Disposition.LOST, value=None), 2)
    assert said(session) == [
        (1, "won", 149_900, "Sam"),
        (2, "won", 99_900, "Sam"),
        (3, "lost", None, "Sam"),
    ]
    call = session.scalars(select(Call)).one()
    assert (call.disposition, call.value) == ("lost", None)


def test_the_same_again_is_nothing_new(session: Session, mint: Mint) -> None:
    first, again = say(session, mint, SALE), say(session, mint, SALE, 5)
    assert again is first
    assert len(said(session)) == 1


def test_what_was_said_before_the_last_word_can_be_said_again(session: Session, mint: Mint) -> None:
    for nth, stated in enumerate([SALE, replace(SALE, value=1), SALE]):
        say(session, mint, stated, nth)
    assert [value for _, _, value, _ in said(session)] == [149_900, 1, 149_900]


def test_whatever_differs_is_another_word(session: Session, mint: Mint) -> None:
    others = [
        replace(SALE, by="CRM"),
        replace(SALE, note=None),
        replace(SALE, order_id="FS-2"),
        replace(SALE, currency="EUR"),
        replace(SALE, value=0),
    ]
    for stated in [SALE, *others]:
        say(session, mint, stated)
    assert len(said(session)) == 1 + len(others)


def test_a_call_that_does_not_exist_has_no_outcome(session: Session, mint: Mint) -> None:
    with pytest.raises(NoResultFound):
        record_outcome(session, mint, "ca_nope", SALE, NOON)
