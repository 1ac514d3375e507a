import re
from collections import Counter
from urllib.parse import parse_qs

from callweave.simulator.chance import chance
from callweave.simulator.shop.destinations import destinations
from callweave.simulator.sources import SOURCES, draw_entrance
from callweave.simulator.visitors import draw_journey

JOURNEYS = [draw_journey(7, number) for number in range(400)]
CALLS = [journey.call for journey in JOURNEYS if journey.call]


def test_a_journey_depends_on_seed_and_number_alone() -> None:
    assert draw_journey(7, 311) == JOURNEYS[311]
    assert draw_journey(8, 311) != JOURNEYS[311]


def test_everybody_makes_one_to_three_visits_by_different_ways() -> None:
    counts = Counter(len(journey.visits) for journey in JOURNEYS)
    assert set(counts) == {1, 2, 3}
    for journey in JOURNEYS:
        sent = [visit.source for visit in journey.visits if visit.source != "direct"]
        assert len(set(sent)) == len(sent)


def test_everybody_reads_about_what_they_came_for() -> None:
    for journey in JOURNEYS:
        for visit in journey.visits:
            paths = [page.path for page in visit.pages]
            assert journey.destination in paths
            assert {*paths} <= {"", *destinations()}


def test_all_sources_send_somebody() -> None:
    seen = {visit.source for journey in JOURNEYS for visit in journey.visits}
    assert seen == set(SOURCES)


def test_paid_clicks_carry_the_click_ids_of_their_platforms() -> None:
    ids = {"google ads": "gclid", "microsoft ads": "msclkid", "facebook ads": "fbclid"}
    for source, click_id in ids.items():
        besides = [name for name in SOURCES if name != source]
        _, entrance = draw_entrance("bahamas", chance(1), besides)
        assert len(parse_qs(entrance.query)[click_id][0]) >= 32


def test_callers_have_numbers_that_belong_to_nobody() -> None:
    fiction = r"\+447700900\d{3}|\+1\d{3}55501\d\d|anonymous"
    assert all(re.fullmatch(fiction, call.caller.number) for call in CALLS)
    assert any(call.caller.number == "anonymous" for call in CALLS)


def test_only_sales_have_a_value() -> None:
    outcomes = [call.if_answered for call in CALLS if call.if_answered]
    assert {outcome.disposition for outcome in outcomes} >= {"won", "lost", "callback", "support"}
    for outcome in outcomes:
        assert (outcome.value is not None) == (outcome.disposition == "won")
        assert outcome.value is None or outcome.value > 50_000
