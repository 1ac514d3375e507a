"""What `callweave numbers buy` says: a buyer knows what was paid for, and how to go on."""

from collections.abc import Iterator, Mapping

import pytest
from sqlalchemy import update

from callweave.simulator import rest
from callweave.simulator.door import RestError
from callweave.simulator.line import NumberConfig
from callweave.storage.accounts import Site
from callweave.storage.database import Database
from callweave.storage.numbers import Number, Pool
from callweave.workflows.buy_numbers import mark
from databases import Databases, SqliteDatabases
from numbers_stage import ALL, OURS, SECOND, STRANGER, Desk, desk
from shops import NOON

LONDON, NEXT, LEEDS, MOBILE = "+442079460900", "+442079460901", "+441134960900", "+447700900900"
SEARCH = ("--country", "GB", "--area", "020")
ONLY_ONE = ("--country", "GB", "--contains", "79460917")
NONE = ("--country", "GB", "--contains", "999999")


@pytest.fixture
def databases(sqlite: SqliteDatabases) -> Databases:
    return sqlite


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Desk]:
    with desk(database, database_url) as found:
        yield found


def bought_and_not_written_down(here: Desk, number: str) -> None:
    here.running.carrier.configure(number, NumberConfig(OURS.voice_url, name=mark(here.pool().id)))


@pytest.mark.parametrize("yes", [(), ("--yes",)])
@pytest.mark.parametrize("many", ["--count", "--up-to"])
def test_where_nothing_is_for_sale_nobody_is_told_to_buy(
    here: Desk, many: str, yes: tuple[str, ...]
) -> None:
    said = here.run("buy", many, "7", *NONE, *yes)
    assert said.exit_code == 1
    assert "nothing was bought: the carrier has no such number for sale just now" in said.output
    assert "--yes" not in said.output


def test_what_there_is_too_little_of_is_told_before_it_is_bought(here: Desk) -> None:
    said = here.run("buy", "--count", "3", *ONLY_ONE)
    assert "3 numbers: 3.45 USD a month." in said.output
    assert "The carrier shows 1 of 3 just now: --yes buys as many as it finds." in said.output


@pytest.mark.parametrize(
    ("many", "told"),
    [
        (("--count", "3"), "or again later, with --count 2\n"),
        (("--up-to", "6"), "or again later\n"),
    ],
)
def test_what_is_still_missing_is_told_so_that_nobody_buys_too_many(
    here: Desk, many: tuple[str, ...], told: str
) -> None:
    said = here.run("buy", *many, *ONLY_ONE, "--yes")
    assert "Bought and put into pool main of Farshore Holidays: 1 of 3." in said.output
    assert said.output.endswith(told)


def test_numbers_that_are_named_are_listed_and_not_promised(here: Desk) -> None:
    said = here.run("buy", LONDON, NEXT)
    assert f"\n  {LONDON}\n  {NEXT}\n" in said.output
    assert "Needs" not in said.output
    assert "Whether a number that is named is still for sale" in said.output
    assert "may find others" not in said.output


def test_numbers_that_were_found_are_for_sale_and_perhaps_not_the_ones_to_be_bought(
    here: Desk,
) -> None:
    said = here.run("buy", "--count", "1", *SEARCH)
    assert "still for sale" not in said.output
    assert "It searches anew and may find others: name numbers to get just these." in said.output


def test_a_named_number_that_is_gone_is_not_waited_for(here: Desk) -> None:
    said = here.run("buy", "+442079460123", LONDON, "--yes")
    assert said.output.endswith("Error: 1 number that you named cannot be had any more\n")


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ((LONDON,), "1 number: 1.15 USD a month.\n"),
        ((MOBILE,), "1 number. The carrier does not tell what it costs a month.\n"),
        ((MOBILE, "+4915112345678"), "2 numbers. The carrier does not tell what they cost a mon"),
        ((LONDON, MOBILE), "1.15 USD a month for 1 of them. The carrier does not tell what the o"),
        ((LONDON, MOBILE, "+4915112345678"), "does not tell what the other 2 cost.\n"),
    ],
)
def test_a_price_that_is_not_known_is_no_price(
    here: Desk, numbers: tuple[str, ...], told: str
) -> None:
    assert told in here.run("buy", *numbers).output


def test_a_price_list_that_is_away_keeps_nobody_from_looking(here: Desk) -> None:
    here.running.troubles.next_answers.extend([None, None, 403])
    said = here.run("buy", "--count", "2", *SEARCH)
    assert said.exit_code == 0
    assert "The price list cannot be had: the carrier answered 403" in said.output
    assert "2 numbers. The carrier does not tell what they cost a month." in said.output


def test_an_address_that_will_be_asked_for_is_asked_for_before(here: Desk) -> None:
    search = ("buy", "--count", "1", "--country", "GB", "--town", "Leeds")
    told = "1 of 1 cannot be had without an address of yours: give --address AD..."
    assert told in here.run(*search).output
    assert told not in here.run(*search, "--address", "AD1").output
    assert "address" not in here.run("buy", "--count", "1", *SEARCH).output


def test_one_that_is_refused_says_what_was_bought_and_how_to_go_on(here: Desk) -> None:
    said = here.run("buy", LONDON, LEEDS, NEXT, "--yes")
    assert f"{LONDON} bought.\n" in said.output
    assert "Farshore Holidays: 1 of 3." in said.output
    assert f"{LEEDS} was not bought: it needs an address of yours" in said.output
    assert "Nothing more was tried. To go on: the same again, which buys nothing" in said.output
    assert {*here.roles()} == {*ALL, LONDON}


def test_going_on_as_it_is_said_buys_just_what_is_missing(
    here: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(number: str, papers: Mapping[str, str]) -> None:
        if number == NEXT:
            raise RestError(400, 20003, "insufficient funds")

    with monkeypatch.context() as patch:
        patch.setattr(rest, "refuse_sale", refused)
        said = here.run("buy", "--count", "3", *SEARCH, "--yes")
    assert said.output.endswith("To go on: the same with --count 2.\n")
    assert here.run("buy", "--count", "2", *SEARCH, "--yes").exit_code == 0
    assert len(here.roles()) == len(ALL) + 3


def test_going_on_counts_what_may_have_been_bought(here: Desk) -> None:
    here.running.troubles.next_answers.extend([None, None, None, 503])
    said = here.run("buy", "--count", "3", *SEARCH, "--yes")
    assert "If it was, it is found when you go on, and not bought again." in said.output
    assert said.output.endswith("To go on: the same with --count 2.\n")
    bought_and_not_written_down(here, NEXT)
    assert here.run("buy", "--count", "2", *SEARCH, "--yes").exit_code == 0
    assert len(here.at_carrier()) == len({*ALL, STRANGER}) + 3


def test_what_is_paid_for_and_not_in_the_pool_is_not_counted_as_done(
    here: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def becomes_the_sites_own(number: str, papers: Mapping[str, str]) -> None:
        with here.database.writing() as session:
            session.execute(update(Site).values(own_number=number))

    with monkeypatch.context() as patch:
        patch.setattr(rest, "refuse_sale", becomes_the_sites_own)
        said = here.run("buy", "--count", "2", *SEARCH, "--yes")
    assert f"{LONDON} bought." in said.output
    assert f"{LONDON} is yours and not in pool main yet: {LONDON} is a site's own" in said.output
    assert "Farshore Holidays: 0 of 2." in said.output
    assert said.output.endswith("To go on: the same with --count 2.\n")


def test_a_number_that_was_released_and_is_still_there_is_told_as_such(here: Desk) -> None:
    with here.database.writing() as session:
        session.execute(update(Number).where(Number.e164 == SECOND).values(role="retired"))
    known = f"{SECOND} was released here and is still yours: it "
    said = here.run("buy", SECOND)
    assert f"{known}would be taken back into pool main. It costs nothing more." in said.output
    assert "Nothing was changed yet: the same with --yes does it." in said.output
    said = here.run("buy", SECOND, "--yes")
    assert f"{known}is back in pool main now." in said.output
    assert "Nothing is to be bought: pool main of Farshore Holidays has 3 numbers." in said.output


def test_a_number_of_another_pool_is_told_with_that_pools_name(here: Desk) -> None:
    with here.database.writing() as session:
        known = {"site_id": here.pool().site_id, "lease_s": 60, "created_at": NOON}
        session.add(Pool(id="po_side", name="side", **known))
    said = here.run("buy", SECOND, "--pool", "side")
    assert f"{SECOND} is in pool main, and a number is in one at a time" in said.output


def test_filters_are_not_taken_for_a_check_of_numbers_that_are_named(here: Desk) -> None:
    said = here.run("buy", LONDON, "--country", "GB", "--yes")
    assert said.exit_code == 2
    assert "--country and the like are for --count and --up-to" in said.output
    assert here.at_carrier() == {*ALL, STRANGER}
