import pytest

from callweave.domain.phone import Caller, is_e164, last_two, read_caller


@pytest.mark.parametrize(
    "text", ["+442079460123", "+12025550143", "+2904567", "+123456789012345", "+49301234"]
)
def test_an_international_number_is_e164(text: str) -> None:
    assert is_e164(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "442079460123",
        "+0442079460123",
        "+1234567890123456",
        "+44 20 7946 0123",
        "+442079460123\n",
        " +442079460123",
        "+44207946012x",
        "+٤٤٢٠٧٩٤٦٠١٢٣",
        "tel:+442079460123",
    ],
)
def test_anything_else_is_not_e164(text: str) -> None:
    assert not is_e164(text)


def test_a_caller_with_a_number_keeps_it_and_its_country() -> None:
    assert read_caller("+442079460123", "GB") == Caller("+442079460123", "GB")


@pytest.mark.parametrize("from_", ["+1737874283", "+73787428331", "+2666966870"])
def test_a_number_that_resembles_a_keypad_word_is_a_number(from_: str) -> None:
    assert read_caller(from_, None).number == from_


@pytest.mark.parametrize(
    "from_",
    ["+266696687", "+7378742833", "+86282452253", "+8656696", "+2562533"],
    ids=["anonymous", "restricted", "unavailable", "unknown", "blocked"],
)
def test_a_word_spelt_on_the_keypad_is_nobodys_number(from_: str) -> None:
    assert read_caller(from_, "LS") == Caller(None, None)


@pytest.mark.parametrize(
    "from_",
    [
        None,
        "",
        "  ",
        "anonymous",
        "Anonymous",
        "unknown",
        "Restricted",
        "Unavailable",
        "+anonymous",
        "sip:bob@shop.example",
        "sip:+442079460123@shop.example",
        "client:kiosk",
        "5550143",
    ],
)
def test_a_withheld_or_numberless_caller_has_no_number_and_no_country(from_: str | None) -> None:
    assert read_caller(from_, "GB") == Caller(None, None)


@pytest.mark.parametrize("country", [None, "", " ", "GBR", "44", "Großbritannien"])
def test_a_country_that_is_no_country_code_is_missing(country: str | None) -> None:
    assert read_caller("+442079460123", country) == Caller("+442079460123", None)


def test_a_country_is_read_in_capitals() -> None:
    assert read_caller(" +442079460123 ", " gb ") == Caller("+442079460123", "GB")


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+442079460123", "...23"),
        ("sip:desk7@shop.example", "...7"),
        ("sip:bob@shop.example", "withheld"),
        ("", "withheld"),
        (None, "withheld"),
    ],
)
def test_logs_see_two_digits_of_a_number_at_most(number: str | None, shown: str) -> None:
    assert last_two(number) == shown
