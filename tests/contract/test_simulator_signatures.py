from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import (
    RequestValidator,
)

from callweave.simulator.signing import signature

URLS = st.sampled_from(
    [
        "https://calls.example/voice/ring",
        "https://calls.example:8443/voice/ring?site=st_1&x=%C3%A3%22",
        "http://127.0.0.1:8000/voice/status",
    ]
)


@given(URLS, st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=8))
def test_twilios_own_validator_accepts_what_we_sign(url: str, form: dict[str, str]) -> None:
    assert RequestValidator("token").validate(url, form, signature("token", url, form))
