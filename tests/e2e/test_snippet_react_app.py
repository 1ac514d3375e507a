"""An application that a real React renders in the browser alone: nodes come, go and move."""

import pytest

from react_stage import ReactStage
from snippet_stage import SALES, number_for

pytestmark = [
    pytest.mark.browser,
    # which says all that the other one does, and renders everything twice
    pytest.mark.parametrize("react", ["development"], indirect=True),
]

LENT = SALES.national
OPEN = {"#quote": f"Ring {LENT} now", "#or": f"Or {LENT} soon on {LENT}", "a": LENT, "ul": ""}
CLOSED = {"#quote": "We are closed", "#or": "Or later", "a": "", "ul": ""}


@pytest.fixture(autouse=True)
def running(react: ReactStage) -> None:
    react.stage.api.numbers = [number_for("main", SALES)]
    react.open("app")
    react.begin()


def branches(*cities: str) -> dict[str, str]:
    """Both lists, whole and in this order."""
    shown = {f"li:nth-child({nth})": f"{city} {LENT}" for nth, city in enumerate(cities, 1)}
    links = {f"{place} a@href": f"tel:{SALES.e164}" for place in shown}
    line = {"#branches": "".join(f"{city} {LENT}" for city in cities)}
    return {**shown, **links, **line, f"li:nth-child({len(cities) + 1})": ""}


def test_a_list_that_react_sorts_shortens_and_fills_shows_lent_numbers(react: ReactStage) -> None:
    react.stage.await_shown(branches("Leeds", "Hull", "York"))
    for button, cities in {
        "#turn": ("York", "Hull", "Leeds"),
        "#fewer": ("Hull", "Leeds"),
        "#all": ("Leeds", "Hull", "York"),
    }.items():
        react.page.click(button)
        react.stage.await_shown(branches(*cities))


def test_another_page_of_the_application_is_swapped_and_announced(react: ReactStage) -> None:
    react.stage.await_shown(branches("Leeds", "Hull", "York"))
    react.page.click("#to-quote")
    react.stage.await_shown(OPEN)
    react.stage.api.wait(lambda: len(react.stage.api.announced) == 2)
    react.page.go_back()
    react.stage.await_shown(branches("Leeds", "Hull", "York"))
    react.stage.api.wait(lambda: len(react.stage.api.announced) == 3)
    pages = [told["page"] for told in react.stage.api.announced]
    assert [page["url"].removeprefix(react.address) for page in pages] == ["/", "/quote", "/"]
    assert [page["title"] for page in pages][1:] == ["A quote", "Boilers, mended"]


def test_numbers_that_react_takes_away_and_brings_back_are_swapped_again(react: ReactStage) -> None:
    react.page.click("#to-quote")
    for _ in range(3):
        react.stage.await_shown(OPEN)
        react.page.click("#door")
        react.stage.await_shown(CLOSED)
        react.page.click("#door")
