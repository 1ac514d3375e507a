import re

import pytest

from callweave.domain.interests import parse_topics
from callweave.domain.reading import Known
from callweave.domain.routing.agents import HIGHEST_LEVEL
from callweave.domain.routing.endpoints import Endpoint
from callweave.domain.routing.plans import parse_plan
from callweave.simulator.demo import MOST_NUMBERS, DemoNumber, demo_people, load_demo
from callweave.simulator.people import Fails

DEMO = load_demo()
FICTION = r"\+4420794600\d\d|\+442079460\d{3}|\+441614960\d{3}"


def test_the_shops_topics_are_a_topic_list() -> None:
    assert len(parse_topics(list(DEMO.topics))) == 6


def test_the_shops_plan_names_only_what_the_shop_has() -> None:
    known = Known(
        topics=[str(topic["topic"]) for topic in DEMO.topics],
        skills=[skill for agent in DEMO.agents for skill in agent.skills],
        agents=[agent.name for agent in DEMO.agents],
    )
    plan = parse_plan(DEMO.plan, known=known)
    assert len(plan.rules) == 8


def test_the_agents_can_be_rung() -> None:
    kinds = {Endpoint.parse(agent.endpoint).kind for agent in DEMO.agents}
    assert kinds == {"number", "sip", "client"}
    levels = [level for agent in DEMO.agents for level in agent.skills.values()]
    assert min(levels) >= 1
    assert max(levels) <= HIGHEST_LEVEL


def test_every_phone_number_is_fiction_and_stands_for_one_thing() -> None:
    phones = [agent.endpoint for agent in DEMO.agents if agent.endpoint.startswith("+")]
    numbers = [*DEMO.tracked_numbers, DEMO.site.own_number.e164, *phones]
    numbers.append(DEMO.site.default_destination)
    assert all(re.fullmatch(FICTION, number) for number in numbers)
    assert len(set(numbers)) == len(numbers)


def test_the_largest_pool_is_still_fiction() -> None:
    pool = load_demo(MOST_NUMBERS).pool
    assert re.fullmatch(FICTION, pool.numbers[-1].e164)
    assert pool.overflow not in pool.numbers


@pytest.mark.parametrize("numbers", [0, MOST_NUMBERS + 1])
def test_an_impossible_pool_is_refused(numbers: int) -> None:
    with pytest.raises(ValueError, match=f"a pool of {numbers} numbers"):
        load_demo(numbers)


def test_numbers_read_as_people_write_them() -> None:
    number = DemoNumber("+442079460123")
    assert (number.national, number.international) == ("020 7946 0123", "+44 20 7946 0123")


def test_everybody_in_the_plan_has_a_phone() -> None:
    book = demo_people(DEMO)
    assert all(not isinstance(book.people.get(each), Fails | None) for each in DEMO.names)
