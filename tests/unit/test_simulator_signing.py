import pytest

from callweave.simulator.signing import signature, signed_form

DOCUMENTED = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}


def test_the_vector_of_twilios_documentation_comes_out() -> None:
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature("12345", url, DOCUMENTED) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_names_are_sorted_with_capitals_first() -> None:
    url = "https://calls.example/voice/ring"
    assert signature("t", url, {"b": "1", "A": "2"}) == signature("t", f"{url}A2b1", {})


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("https://a.example:8443/ring?x=%2F", "https://a.example/ring?x=%2F"),
        ("http://a.example:8080/ring", "http://a.example:8080/ring"),
        ("https://user:pass@a.example/ring", "https://a.example/ring"),
        ("http://a.example/ring#rc=2&rt=5000", "http://a.example/ring"),
        ("https://[::1]:8443/ring", "https://[::1]/ring"),
    ],
)
def test_the_address_is_signed_as_twilio_sends_it(url: str, signed: str) -> None:
    assert signed_form(url) == signed
