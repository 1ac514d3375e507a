"""`callweave numbers search` and `buy` against a carrier on a port."""

import json
from collections.abc import Iterator, Mapping

import pytest

from callweave.simulator import rest, stock
from callweave.simulator.carrier import Carrier
from callweave.simulator.door import RestError
from callweave.simulator.line import NumberConfig
from callweave.storage.database import Database
from callweave.storage.numbers import Pool
from callweave.workflows.buy_numbers import mark
from databases import Databases, SqliteDatabases
from numbers_stage import ALL, FIRST, OURS, STRANGER, Desk, desk
from shops import ANA, OWN_NUMBER

LONDON, NEXT, LEEDS, MOBILE = "+442079460900", "+442079460901", "+441134960900", "+447700900900"
SEARCH = ("--country", "GB", "--area", "020")


@pytest.fixture
def databases(sqlite: SqliteDatabases) -> Databases:
    return sqlite


@pytest.fixture
def here(database: Database, database_url: str) -> Iterator[Desk]:
    with desk(database, database_url) as found:
        yield found


def test_a_search_tells_what_is_for_sale_and_what_it_costs(here: Desk) -> None:
    said = here.run("search", *SEARCH, "--limit", "2")
    assert said.exit_code == 0, said.output
    assert all(told in said.output for told in (LONDON, NEXT, "London", "voice"))
    assert "1.15 USD a month each." in said.output
    assert "an address (any)" in here.run("search", "--country", "gb", "--town", "Leeds").output


def test_a_search_is_told_to_machines_with_the_price_as_a_text(here: Desk) -> None:
    data = json.loads(here.run("search", *SEARCH, "--limit", "1", "--json").output)
    assert data == {
        "a_month": {"amount": "1.15", "currency": "USD"},
        "numbers": [{"number": LONDON, "place": "London", "can": ["voice"], "address": "none"}],
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--country", "XX"], "a country such as GB"),
        ([], "a country such as GB"),
        (["--country", "FR", "--type", "mobile"], "does not sell mobile numbers of FR"),
        (["--country", "GB", "--contains", "999999"], "has no such number just now"),
        (["--country", "GB", "--area", "London"], "digits only"),
        (["--country", "GB", "--area", "020", "--contains", "1"], "either --area or --contains"),
        (["--country", "GB", "--near", "+442079460900"], "United States and Canada only"),
        (["--country", "US", "--near", "here"], "a number such as"),
    ],
)
def test_a_search_that_cannot_be_is_told_why(here: Desk, words: list[str], told: str) -> None:
    said = here.run("search", *words)
    assert said.exit_code != 0
    assert told in said.output


def test_nothing_is_bought_without_yes(here: Desk) -> None:
    said = here.run("buy", "--count", "3", *SEARCH)
    assert said.exit_code == 0, said.output
    assert "For pool main of Farshore Holidays would be bought:" in said.output
    assert "3 numbers: 3.45 USD a month." in said.output
    assert "Nothing was bought yet: the same with --yes buys." in said.output
    assert here.at_carrier() == {*ALL, STRANGER}
    assert set(here.roles()) == set(ALL)


def test_what_is_bought_is_set_up_and_in_the_pool(here: Desk) -> None:
    said = here.run("buy", "--count", "2", *SEARCH, "--yes")
    assert said.exit_code == 0, said.output
    assert "Bought and put into pool main of Farshore Holidays: 2 of 2." in said.output
    assert {here.roles()[number] for number in (LONDON, NEXT)} == {"pooled"}
    config = here.running.carrier.config_of(LONDON)
    assert config.name == mark(here.pool().id)
    assert (config.voice_url, config.voice_fallback_url) == (
        OURS.voice_url,
        OURS.voice_fallback_url,
    )
    assert config.status_callback == OURS.status_callback
    assert here.run("check").exit_code == 0


def test_a_pool_is_filled_up_to_a_number_however_often_that_is_said(here: Desk) -> None:
    for _ in range(2):
        assert here.run("buy", "--up-to", "5", *SEARCH, "--yes").exit_code == 0
        assert list(here.roles().values()).count("pooled") == 5
    assert len(here.at_carrier()) == len(ALL) + 1 + 2
    assert (
        "pool main of Farshore Holidays has 5 numbers"
        in here.run("buy", "--up-to", "4", *SEARCH).output
    )


def test_numbers_that_are_named_are_bought_once(here: Desk) -> None:
    assert "2 numbers: 2.30 USD a month." in here.run("buy", LONDON, "+44 20 7946 0901").output
    assert here.run("buy", LONDON, NEXT, "--yes").exit_code == 0
    again = here.run("buy", LONDON, NEXT, FIRST, "--yes")
    assert again.exit_code == 0, again.output
    assert again.output.count("is in pool main already") == 3
    assert "Nothing is to be bought: pool main" in again.output


def test_one_that_was_bought_and_not_written_down_counts_as_bought(here: Desk) -> None:
    here.running.carrier.configure(NEXT, NumberConfig(OURS.voice_url, name=mark(here.pool().id)))
    dry = here.run("buy", "--count", "2", *SEARCH)
    assert f"{NEXT} is yours already: it would be taken into pool main." in dry.output
    assert here.run("buy", "--count", "2", *SEARCH, "--yes").exit_code == 0
    assert {*here.roles()} == {*ALL, LONDON, NEXT}
    assert here.at_carrier() == {*ALL, STRANGER, LONDON, NEXT}


def test_what_the_account_uses_elsewhere_is_not_taken(here: Desk) -> None:
    said = here.run("buy", STRANGER, "--yes")
    assert said.exit_code == 1
    assert "is yours already, and set to something else" in said.output
    assert here.running.carrier.config_of(STRANGER).voice_url == "https://old.example/ring"


def test_when_somebody_else_is_faster_the_next_is_bought(here: Desk) -> None:
    said = here.run("buy", "+442079460123", LONDON, "--yes")
    assert "+442079460123 is not for sale." in said.output
    assert f"{LONDON} bought." in said.output
    assert "1 of 2." in said.output
    assert said.exit_code == 1


def test_a_search_goes_on_until_enough_are_bought(
    here: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sold_just_now(number: str, papers: Mapping[str, str]) -> None:
        if number == LONDON:
            raise RestError(400, 21422, "somebody else was faster")

    monkeypatch.setattr(stock, "MOST_SHOWN", 2)
    monkeypatch.setattr(rest, "refuse_sale", sold_just_now)
    said = here.run("buy", "--count", "4", *SEARCH, "--yes")
    assert f"{LONDON} is not for sale." in said.output
    assert said.exit_code == 0, said.output
    assert {*here.roles()} == {*ALL, *(f"+44207946090{nth}" for nth in range(1, 5))}


def test_what_there_is_not_enough_of_is_bought_as_far_as_it_goes(here: Desk) -> None:
    said = here.run("buy", "--count", "3", *SEARCH[:2], "--contains", "79460917", "--yes")
    assert said.exit_code == 1
    assert "1 of 3." in said.output
    assert "has no more such numbers just now" in said.output


@pytest.mark.parametrize(
    ("number", "papers", "told"),
    [(LEEDS, ["--address", "AD1"], "--address AD"), (MOBILE, ["--bundle", "BU1"], "--bundle BU")],
)
def test_papers_that_a_country_wants_are_told_in_words_and_taken(
    here: Desk, number: str, papers: list[str], told: str
) -> None:
    said = here.run("buy", number, LONDON, "--yes")
    assert said.exit_code == 1
    assert f"{number} was not bought: " in said.output
    assert f"give {told}" in said.output
    assert here.at_carrier() == {*ALL, STRANGER}
    assert here.run("buy", number, *papers, "--yes").exit_code == 0
    assert here.roles()[number] == "pooled"


def test_a_failure_tells_what_was_bought_by_then(here: Desk) -> None:
    here.running.troubles.next_answers.extend([None, None, None, 400])
    said = here.run("buy", "--count", "3", *SEARCH, "--yes")
    assert said.exit_code == 1
    assert f"{LONDON} bought." in said.output
    assert "1 of 3." in said.output
    assert f"{NEXT} was not bought: the carrier answered 400" in said.output
    assert here.roles()[LONDON] == "pooled"


def test_a_purchase_whose_answer_got_lost_is_looked_for(
    here: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Carrier.configure

    def deaf(carrier: Carrier, number: str, config: NumberConfig) -> None:
        usual(carrier, number, config)
        monkeypatch.setattr(Carrier, "configure", usual)
        raise RuntimeError("the line is cut")

    monkeypatch.setattr(Carrier, "configure", deaf)
    said = here.run("buy", LONDON, "--yes")
    assert said.exit_code == 0, said.output
    assert here.roles()[LONDON] == "pooled"


def test_what_nobody_knows_is_told_and_a_repeat_settles_it(here: Desk) -> None:
    here.running.troubles.next_answers.extend([None, 503])
    said = here.run("buy", LONDON, "--yes")
    assert said.exit_code == 1
    assert f"whether {LONDON} was bought is not known: the carrier answered 503" in said.output
    assert here.run("buy", LONDON, "--yes").exit_code == 0


def test_a_number_of_a_pool_in_print_is_never_lent(here: Desk) -> None:
    with here.database.writing() as session:
        session.get_one(Pool, here.pool().id).kind = "placement"
    assert here.run("buy", LONDON, "--yes").exit_code == 0
    assert here.roles()[LONDON] == "overflow"


@pytest.mark.parametrize("words", [[], [LONDON, "--count", "1"], ["--count", "1", "--up-to", "2"]])
def test_what_to_buy_is_said_in_one_way(here: Desk, words: list[str]) -> None:
    assert here.run("buy", *words, "--yes").exit_code == 2
    assert here.at_carrier() == {*ALL, STRANGER}


def test_a_number_that_is_none_is_told(here: Desk) -> None:
    assert "is no phone number" in here.run("buy", "0800", "--yes").output


@pytest.mark.parametrize(
    ("number", "told"), [(OWN_NUMBER, "is a site's own number"), (ANA, "would only come back")]
)
@pytest.mark.parametrize("words", [(), ("--yes",)])
def test_what_no_pool_can_take_is_refused_before_anything_is_bought(
    here: Desk, words: tuple[str, ...], number: str, told: str
) -> None:
    said = here.run("buy", LONDON, number, *words)
    assert said.exit_code == 1
    assert f"{number} " in said.output
    assert told in said.output
    assert here.at_carrier() == {*ALL, STRANGER}


@pytest.mark.parametrize(
    "words",
    [(LONDON, NEXT), ("--count", "2", *SEARCH), ("--up-to", "3", *SEARCH)],
)
@pytest.mark.parametrize("yes", [(), ("--yes",)])
def test_no_second_number_is_bought_for_a_pool_that_shows_one(
    here: Desk, words: tuple[str, ...], yes: tuple[str, ...]
) -> None:
    with here.database.writing() as session:
        session.get_one(Pool, here.pool().id).kind = "source"
    said = here.run("buy", *words, *yes)
    assert said.exit_code == 1
    assert "pool main is by source, which shows one number" in said.output
    assert here.at_carrier() == {*ALL, STRANGER}


def test_a_price_list_that_is_away_keeps_nobody_from_searching(here: Desk) -> None:
    here.running.troubles.next_answers.extend([None, 403])
    said = here.run("search", *SEARCH)
    assert said.exit_code == 0
    assert "The price list cannot be had: the carrier answered 403" in said.output
    assert "The carrier does not tell their price" in said.output


def test_the_carriers_own_fallback_may_be_chosen(here: Desk) -> None:
    assert here.run("buy", LONDON, "--fallback", "carrier", "--yes").exit_code == 0
    fallback = here.running.carrier.config_of(LONDON).voice_fallback_url or ""
    assert "/Flows/FW" in fallback
    assert here.run("check").exit_code == 0
