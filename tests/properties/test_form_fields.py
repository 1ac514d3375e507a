"""A form as it is read for its signature, beside what the standard library reads."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callweave.telephony.signatures import read_fields

MOST = 20
# What forms are made of, among anything else.
forms = st.text(st.sampled_from("&=+%;2BbCc0f ") | st.characters(codec="utf-8"), max_size=60)


@given(forms)
def test_a_form_is_read_as_the_standard_library_reads_it(body: str) -> None:
    try:
        expected = parse_qsl(body, keep_blank_values=True, max_num_fields=MOST)
    except ValueError:
        expected = []
    assert read_fields(body, MOST) == expected


@pytest.mark.parametrize(("fields", "read"), [(MOST, MOST), (MOST + 1, 0)])
def test_a_form_of_more_fields_than_are_read_has_none(fields: int, read: int) -> None:
    body = "&".join(f"name{nth}=%2B{nth}" for nth in range(fields))
    assert len(read_fields(body, MOST)) == read
