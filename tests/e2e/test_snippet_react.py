"""Pages of a real React: what docs/snippet.md says of them is true.

React's errors are heard in the console, as on any page that does not ask for them itself. Both of
its builds are tried where they differ, else one of them: a browser costs more than all the rest.
"""

import pytest

from react_stage import ReactStage
from snippet_stage import OWN, SALES, number_for

pytestmark = pytest.mark.browser
developers = pytest.mark.parametrize("react", ["development"], indirect=True)
visitors = pytest.mark.parametrize("react", ["production"], indirect=True)

LENT = SALES.national  # differs from the page's own number in each of its parts
LINK = {"#link": LENT, "#link@href": f"tel:{SALES.e164}", "#link@title": f"Ring {LENT}"}
# What React says of a text that is not what it would have written.
TEXTS_DIFFER = {
    "development": "Hydration failed because the server rendered text didn't match the client.",
    "production": "Minified React error #418; visit https://react.dev/errors/418?args[]=text",
}


def contact(asked: int) -> dict[str, str]:
    """What the page shows when its button was clicked so often."""
    return {
        "#count": str(asked),
        "#text": f"Call {LENT} today, call {asked}",
        "#split": LENT,
        "#sentence": f"Ring {LENT}, {asked} did",
        **LINK,
    }


def late(asked: int) -> dict[str, str]:
    return {"#book": str(asked), "#late": f"Mondays: book on {LENT}, {asked} did"}


@pytest.fixture(autouse=True)
def lent(react: ReactStage) -> None:
    react.stage.api.numbers = [number_for("main", SALES)]


def assert_heard(react: ReactStage, words: str) -> None:
    heard = react.hear()
    assert len(heard) == 1, heard
    assert heard[0].startswith(words)


def test_react_leaves_lent_numbers_alone_in_marked_elements(react: ReactStage) -> None:
    react.open("contact, marked")
    react.stage.await_shown(contact(0))
    react.page.fill("#name", "Ana")
    react.begin()
    for asked in (1, 2, 3):
        react.page.click("#count")
        react.stage.await_shown(contact(asked))
    assert react.page.input_value("#name") == "Ana"


@developers
def test_what_react_has_taken_over_needs_no_mark(react: ReactStage) -> None:
    react.open("contact, bare", tag=False)
    assert react.stage.text("#link") == OWN
    react.begin(tag=react.stage.snippet)
    react.stage.await_shown(contact(0))


def test_without_marks_react_complains_renders_anew_and_lent_numbers_come_back(
    react: ReactStage,
) -> None:
    react.open("contact, bare")
    react.stage.await_shown(contact(0))
    react.page.fill("#name", "Ana")
    react.begin()
    react.page.click("#count")
    react.stage.await_shown(contact(1))
    assert react.page.input_value("#name") == "", "what was typed was in the old elements"
    assert_heard(react, TEXTS_DIFFER[react.build])


def test_a_number_in_attributes_alone_is_kept_and_named_to_developers(react: ReactStage) -> None:
    react.open("links, bare")
    shown = {**LINK, "#link": "Call us"}
    react.stage.await_shown(shown)
    react.begin()
    react.stage.await_shown(shown)
    if react.build == "development":
        assert_heard(
            react, "A tree hydrated but some attributes of the server rendered HTML didn't"
        )


@developers
def test_react_leaves_alone_what_was_streamed_and_swapped_before(react: ReactStage) -> None:
    react.open("school, marked")
    react.stage.await_shown(contact(0))
    react.website.rest.set()
    react.stage.await_shown(late(0))
    react.begin()
    react.page.click("#count")
    react.page.click("#book")
    react.stage.await_shown({**contact(1), **late(1)})


@visitors
def test_numbers_that_are_streamed_to_a_page_that_react_runs_are_swapped(react: ReactStage) -> None:
    react.open("school, marked")
    react.stage.await_shown(contact(0))
    react.begin()
    react.page.click("#count")
    react.stage.await_shown({**contact(1), "#waiting": "Loading"})
    react.website.rest.set()
    react.stage.await_shown(late(0))
    react.page.click("#book")
    react.stage.await_shown({**contact(1), **late(1), "#waiting": ""})


@visitors
def test_without_marks_a_whole_document_is_rendered_anew_and_the_snippet_goes_on(
    react: ReactStage,
) -> None:
    react.website.rest.set()
    react.open("school, bare")
    react.stage.await_shown({**contact(0), **late(0)})
    react.begin()
    react.page.click("#count")
    react.page.click("#book")
    react.stage.await_shown({**contact(1), **late(1)})
    assert_heard(react, TEXTS_DIFFER[react.build])
    assert react.page.locator("script[data-site]").count() == len(react.stage.api.announced) == 1


@visitors
def test_what_is_taken_over_after_the_rest_wants_its_marks_though_the_tag_came_later(
    react: ReactStage,
) -> None:
    react.open("school, bare, tag later")
    react.begin(tag=react.stage.snippet)
    react.stage.await_shown(contact(0))
    react.page.fill("#name", "Ana")
    react.website.rest.set()
    react.stage.await_shown(late(0))
    react.page.click("#book")
    react.stage.await_shown({**contact(0), **late(1)})
    assert react.page.input_value("#name") == "Ana", "only the boundary was rendered anew"
    assert_heard(react, TEXTS_DIFFER[react.build])
