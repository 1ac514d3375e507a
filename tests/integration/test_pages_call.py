"""One call: its journey, why it went where it went, and what came of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from callweave.domain.attribution import Model
from callweave.domain.outcomes import Disposition
from callweave.storage.calls import Call
from callweave.storage.outcomes import Outcome
from callweave.storage.reports.attribution import Dimension, attribution
from callweave.web.auth import Role
from databases import SqliteDatabases
from journeys import DIRECT, PAID_CLICK
from pages_stage import Stage, pages_stage
from shops import NOON

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def stage(sqlite: SqliteDatabases) -> Iterator[Stage]:
    with sqlite.migrated() as url, pages_stage(url) as stage:
        yield stage


@pytest.fixture
def on_both(database_url: str) -> Iterator[Stage]:
    with pages_stage(database_url) as stage:
        yield stage


def told_call(stage: Stage) -> Call:
    with stage.telling() as teller:
        visitor = teller.visitor()
        teller.visit(visitor, NOON - 3 * DAY)
        visit = teller.visit(visitor, NOON - 5 * MINUTE, DIRECT)
        teller.event(visit, NOON - MINUTE, "tel_click", {"number": "+442079460101"})
        teller.event(visit, NOON - MINUTE, "identify", {"email": "ada@example.org", "vip": True})
        return teller.call(NOON, visit)


def outcomes(stage: Stage, call: Call) -> list[tuple[str, int | None, str, str]]:
    with stage.database.reading() as session:
        rows = session.query(Outcome).filter_by(call_id=call.id).order_by(Outcome.position)
        return [(row.disposition, row.value, row.currency, row.recorded_by) for row in rows]


def test_the_journey_is_told_up_to_the_call(stage: Stage) -> None:
    call = told_call(stage)
    stage.log_in()
    page = stage.text(f"/calls/{call.id}")
    parts = (
        "Paid Search google / cpc Sun 15 Nov 2026, 12:00 GMT",
        "Campaign spring-bahamas Keyword bahamas holidays",
        "Bahamas 12:00 /bahamas",
        "Direct (direct) Wed 18 Nov 2026, 11:55 GMT",
        "Tapped the number +44 20 7946 0101",
        "The site told who this is: email ada@example.org, vip yes",
        "This call Answered",
    )
    places = [page.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_marketers_are_not_told_who_it_was(stage: Stage) -> None:
    call = told_call(stage)
    stage.log_in(Role.MARKETER)
    page = stage.text(f"/calls/{call.id}")
    assert "The site told who this is 11:59" in page
    assert "ada@example.org" not in page
    assert "+44 161 496" not in page


def test_the_match_and_the_decision_explain_themselves(stage: Stage) -> None:
    call = told_call(stage)
    stage.log_in()
    page = stage.text(f"/calls/{call.id}")
    assert "nobody else held the number when it rang" in page
    assert "Was the only one shown this number when it rang." in page
    assert "Rule Bahamas specialists holds" in page
    assert "Rings Ana (15 s), then Ben (15 s)." in page
    assert "Ana no answer 12:00, +44 161 496 0101" in page
    assert "Ben talked 12:00, 3:08" in page


def test_a_rule_that_did_not_hold_says_why(stage: Stage) -> None:
    with stage.telling() as teller:
        call = teller.call()
    stage.log_in()
    page = stage.text(f"/calls/{call.id}")
    assert "Rule Bahamas specialists does not hold" in page
    assert "Default applies, since no rule decided" in page
    assert "Nobody was shown this number in the time that counts" in page


def test_several_candidates_are_listed_and_none_is_guessed(stage: Stage) -> None:
    with stage.telling() as teller:
        clicks = (PAID_CLICK, replace(PAID_CLICK, source="bing"))
        visits = [teller.visit(teller.visitor(), NOON - MINUTE, click) for click in clicks]
        call = teller.call(NOON, candidates=visits)
        call.candidates = [*call.candidates, {**call.candidates[0], "visit": None}]
    stage.log_in()
    page = stage.text(f"/calls/{call.id}")
    assert "The call counts as not known rather than as a guess." in page
    assert "Paid Search google" in page
    assert "Paid Search bing" in page
    assert "A visit that is no longer kept" in page
    assert "The visitor is not known" in page


def test_a_late_call_says_how_late_and_how_often_the_number_was_lent_since(stage: Stage) -> None:
    with stage.telling() as teller:
        visit = teller.visit(teller.visitor(), NOON - MINUTE)
        call = teller.call(NOON, candidates=[visit, visit, visit])
        late, soon, old = call.candidates
        lent = [{"ended_s_ago": 720, "shown_since": 3}, {"ended_s_ago": 600, "shown_since": 0}]
        call.candidates = [late | lent[0], soon | lent[1], old]
    stage.log_in()
    page = stage.text(f"/calls/{call.id}")
    assert ", 12 min before the call; lent 3 more times since" in page
    assert page.count("times since") == 1
    assert "10 min before the call" in page


def test_a_call_that_nothing_decided_about_is_explained(stage: Stage) -> None:
    with stage.telling() as teller:
        call = teller.call()
        call.decision, call.fell_back = None, True
    stage.log_in()
    page = stage.text(f"/calls/{call.id}")
    assert "No plan decided about this call" in page
    assert "used the fallback" in page


def test_a_long_journey_is_folded_around_the_call(stage: Stage) -> None:
    with stage.telling() as teller:
        visitor = teller.visitor()
        pages = tuple((f"https://shop.example/{nth}", f"Page {nth}") for nth in range(9))
        click = replace(PAID_CLICK, pages=pages)
        visits = [teller.visit(visitor, NOON - days * DAY, click) for days in range(20, 0, -1)]
        call = teller.call(NOON, visits[-1])
    stage.log_in()
    page = stage.client.get(f"/calls/{call.id}").text
    assert "<summary>15 more visits</summary>" in page
    assert page.count("<summary>9 pages seen</summary>") == 19
    assert page.count("Page 8</bdi>") == 20


@pytest.mark.parametrize(
    ("url", "shown"),
    [("https://api.twilio.com/RE1", True), ("javascript:alert(1)", False), ("http://x/", False)],
)
def test_a_message_is_linked_only_if_the_link_can_do_no_harm(
    stage: Stage, url: str, *, shown: bool
) -> None:
    with stage.telling() as teller:
        call = teller.call(result="voicemail", voicemail_url=url)
    stage.log_in()
    page = stage.client.get(f"/calls/{call.id}").text
    assert ("Listen at the carrier" in page) is shown
    assert (f'href="{url}"' in page) is shown


def test_other_systems_find_a_call_by_the_carriers_id(stage: Stage) -> None:
    call = told_call(stage)
    stage.log_in()
    assert stage.client.get(f"/calls/by-sid/{call.sid}").location == f"/calls/{call.id}"


def test_an_outcome_is_recorded_in_the_persons_name(on_both: Stage) -> None:
    call = told_call(on_both)
    on_both.log_in()
    answer = on_both.post(
        f"/calls/{call.id}/outcome", disposition="won", value="1,499", currency="GBP", note="Fine."
    )
    assert (answer.status_code, answer.location) == (303, f"/calls/{call.id}")
    assert outcomes(on_both, call) == [("won", 149_900, "GBP", "Sam Supervisor")]
    page = on_both.text(f"/calls/{call.id}")
    assert "The outcome is recorded." in page
    assert "Won £1,499.00 Fine. Sam Supervisor" in page


def test_credits_follow_the_outcome(stage: Stage) -> None:
    call = told_call(stage)
    stage.log_in()
    stage.post(f"/calls/{call.id}/outcome", disposition="won", value="1499", currency="GBP")
    assert "50 % £749.50" in stage.text(f"/calls/{call.id}")
    with stage.database.reading() as session:
        days = {"since": NOON.date(), "until": NOON.date()}
        report = attribution(
            session, stage.site.account_id, site_id=None, dimension=Dimension.CHANNEL, **days
        )
    assert report.totals[Model.LINEAR].value == {"GBP": 149_900}


def test_an_outcome_is_followed_and_never_changed(stage: Stage) -> None:
    call = told_call(stage)
    stage.log_in()
    stage.post(f"/calls/{call.id}/outcome", disposition="callback", currency="GBP")
    stage.post(f"/calls/{call.id}/outcome", disposition="won", value="9", currency="GBP")
    assert [row[0] for row in outcomes(stage, call)] == ["callback", "won"]
    assert "Recorded, the latest stands Won £9.00" in stage.text(f"/calls/{call.id}")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, "Choose how the call ended."),
        ({"disposition": "sold"}, "Choose how the call ended."),
        ({"disposition": "won", "value": "1.499,00"}, "write it like £1,499.00"),
        ({"disposition": "lost", "value": "9"}, "Only a won call has a value"),
        ({"disposition": "won", "value": "9", "currency": "XYZ"}, "not a currency code"),
        ({"disposition": "lost", "note": "x" * 2001}, "At most 2,000 characters"),
    ],
)
def test_what_cannot_be_recorded_is_said_beside_the_field_and_nothing_typed_is_lost(
    stage: Stage, fields: dict[str, str], wrong: str
) -> None:
    call = told_call(stage)
    stage.log_in()
    typed = {"currency": "GBP", "order_id": "BH-20417", **fields}
    answer = stage.post(f"/calls/{call.id}/outcome", **typed)
    assert answer.status_code == 422
    assert wrong in answer.text
    assert 'value="BH-20417"' in answer.text
    assert outcomes(stage, call) == []


def test_control_characters_are_left_out_of_what_is_recorded(on_both: Stage) -> None:
    call = told_call(on_both)
    on_both.log_in()
    fields = {"disposition": "lost", "currency": "gbp", "note": "a\x00b\r\nc\x07"}
    assert on_both.post(f"/calls/{call.id}/outcome", **fields).status_code == 303
    with on_both.database.reading() as session:
        assert session.query(Outcome).one().note == "ab\nc"


def test_marketers_record_nothing(stage: Stage) -> None:
    call = told_call(stage)
    stage.log_in(Role.MARKETER)
    assert "<textarea" not in stage.client.get(f"/calls/{call.id}").text
    answer = stage.post(f"/calls/{call.id}/outcome", disposition="lost", currency="GBP")
    assert (answer.status_code, outcomes(stage, call)) == (403, [])


def test_each_disposition_has_a_word_on_the_page(stage: Stage) -> None:
    call = told_call(stage)
    stage.log_in()
    for disposition in Disposition:
        fields = {"disposition": disposition.value, "currency": "GBP"}
        assert stage.post(f"/calls/{call.id}/outcome", **fields).status_code == 303
    assert "wrong_number" not in stage.text(f"/calls/{call.id}")
