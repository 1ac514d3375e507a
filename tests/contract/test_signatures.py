"""Whether a webhook is the carrier's own: by its published examples and by three other signers."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from callweave.simulator.signing import signature
from callweave.telephony.signatures import is_signed, signed_url

# "Explore the algorithm yourself", www.twilio.com/docs/usage/security
DOCUMENTED = (
    "https://example.com/myapp.php?foo=1&bar=2",
    [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675310"),
        ("Digits", "1234"),
        ("From", "+14158675310"),
        ("To", "+18005551212"),
    ],
    "L/OH5YylLD5NRKLltdqwSvS0BnU=",
)
NODE = json.loads(Path(__file__).with_name("twilio_node_signatures.json").read_text("utf-8"))

texts = st.text(max_size=12)
forms = st.dictionaries(texts, texts, max_size=6)
targets = st.text("abcz/?&=%20C3A3+.-_~'", max_size=30).map(lambda rest: f"/voice/ring{rest}")


def pairs(form: dict[str, Any]) -> list[tuple[str, str]]:
    values = {name: [told] if isinstance(told, str) else told for name, told in form.items()}
    return [(name, value) for name, told in values.items() for value in told]


def test_the_documented_example_is_accepted() -> None:
    url, form, expected = DOCUMENTED
    assert is_signed(expected, url, form, ["12345"])
    assert is_signed(expected, url, form[::-1], ["12345"])


@pytest.mark.parametrize("changed", ["+18005551213", "+1800555121", "+18005551212 "])
def test_another_value_is_not(changed: str) -> None:
    url, form, expected = DOCUMENTED
    assert not is_signed(expected, url, [*form[:-1], ("To", changed)], ["12345"])


def test_another_address_or_token_or_a_missing_field_is_not() -> None:
    url, form, expected = DOCUMENTED
    assert not is_signed(expected, url + "/", form, ["12345"])
    assert not is_signed(expected, url, form, ["12346"])
    assert not is_signed(expected, url, form[1:], ["12345"])
    assert not is_signed("", url, form, ["12345"])


@pytest.mark.parametrize("case", NODE["cases"], ids=lambda case: case["what"].replace(" ", "-"))
def test_what_twilios_library_for_node_signed_is_accepted(case: dict[str, Any]) -> None:
    assert is_signed(case["signature"], case["url"], pairs(case["form"]), [case["token"]])


@given(targets, forms)
def test_what_twilios_library_for_python_signs_is_accepted(
    target: str, form: dict[str, str]
) -> None:
    url = f"https://calls.example.com{target}"
    theirs = RequestValidator("secret").compute_signature(url, form)
    assert is_signed(theirs, url, pairs(form), ["secret"])


@given(st.sampled_from(["https://calls.example.com", "https://h:8443", "http://h:81"]), forms)
def test_what_the_simulated_carrier_signs_is_accepted(base: str, form: dict[str, str]) -> None:
    theirs = signature("secret", f"{base}/voice/ring?leg=1", form)
    assert is_signed(theirs, signed_url(base, "/voice/ring?leg=1"), pairs(form), ["secret"])


@pytest.mark.parametrize(
    ("base", "signed"),
    [
        ("https://calls.example.com", "https://calls.example.com/x?a=1:2"),
        ("https://calls.example.com:8443", "https://calls.example.com/x?a=1:2"),
        ("https://[::1]:8443", "https://[::1]/x?a=1:2"),
        ("https://[::1]", "https://[::1]/x?a=1:2"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/x?a=1:2"),
    ],
)
def test_over_https_the_port_is_not_signed(base: str, signed: str) -> None:
    assert signed_url(base, "/x?a=1:2") == signed


def test_while_tokens_are_rotated_both_are_accepted() -> None:
    url, form, expected = DOCUMENTED
    assert is_signed(expected, url, form, ["new", "12345"])
    assert is_signed(expected, url, form, ["12345", "new"])
    assert not is_signed(expected, url, form, [])


@pytest.mark.parametrize("given_", ["\u00ff" * 28, "=" * 28, "L/OH5YylLD5NRKLltdqwSvS0BnU", " "])
def test_a_header_of_any_kind_is_merely_wrong(given_: str) -> None:
    url, form, _ = DOCUMENTED
    assert not is_signed(given_, url, form, ["12345"])
