"""Ids sort by birth, cannot be guessed, and are known as ours."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callweave.domain.ids import Mint, Seal, claimed_id
from callweave.web.schemas.visits import LONGEST_SEALED

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
FORM = re.compile(r"vs_[0-9a-hjkmnp-tv-z]{26}")
SEAL = Seal(b"k" * 32)
VISIT = Mint(bytes).new("vs", NOON)
SITE = "st_01"


def test_an_id_is_a_ulid_behind_its_prefix() -> None:
    """The time's part is that of the specification's example, github.com/ulid/javascript."""
    at = datetime.fromtimestamp(1469918176.385, UTC)
    assert Mint(bytes).new("vs", at) == "vs_01aryz6s41" + "0" * 16


@given(st.binary(min_size=16, max_size=16), st.timedeltas(timedelta(0), timedelta(days=9_000)))
def test_every_id_has_the_same_form(entropy: bytes, since: timedelta) -> None:
    assert FORM.fullmatch(Mint(lambda _: entropy).new("vs", NOON + since))


@given(st.binary(min_size=16, max_size=16), st.integers(1, 10**12))
def test_ids_made_later_sort_later(entropy: bytes, milliseconds: int) -> None:
    later = NOON + timedelta(milliseconds=milliseconds)
    first = Mint(lambda size: b"\xff" * size).new("vs", NOON)
    assert first < Mint(lambda _: entropy).new("vs", later)


def test_all_that_chance_gives_is_in_the_id() -> None:
    first, second = ((b"\0" * 15 + bytes([last])) for last in (1, 2))
    assert Mint(lambda _: first).new("vs", NOON) != Mint(lambda _: second).new("vs", NOON)
    assert Mint(lambda size: b"\xff" * size).new("vs", NOON).endswith("z" * 16)


def test_a_sealed_id_opens_for_its_own_site_and_prefix_alone() -> None:
    sealed = SEAL.close(VISIT, SITE)
    assert SEAL.open(sealed, SITE, "vs") == VISIT
    assert SEAL.open(sealed, "st_02", "vs") is None
    assert SEAL.open(sealed, SITE, "vr") is None
    assert Seal(b"x" * 32).open(sealed, SITE, "vs") is None


@pytest.mark.parametrize("place", range(len(SEAL.close(VISIT, SITE))))
def test_a_seal_with_one_letter_changed_does_not_open(place: int) -> None:
    sealed = SEAL.close(VISIT, SITE)
    other = "1" if sealed[place] == "0" else "0"
    assert SEAL.open(sealed[:place] + other + sealed[place + 1 :], SITE, "vs") is None


@given(st.text() | st.text("vs_.01aAzZ\x00\u0661\ud800", max_size=60))
def test_whatever_a_browser_sends_in_place_of_a_seal_is_only_not_ours(text: str) -> None:
    assert SEAL.open(text, SITE, "vs") is None
    assert SEAL.open(f"{VISIT}.{text}", SITE, "vs") is None


@pytest.mark.parametrize("sealed", [None, "", VISIT, f"{VISIT}.", f"{SEAL.close(VISIT, SITE)}.x"])
def test_an_id_without_its_seal_is_not_ours(sealed: str | None) -> None:
    assert SEAL.open(sealed, SITE, "vs") is None


@pytest.mark.parametrize(
    ("sealed", "name"),
    [
        (f"{VISIT}.seal", VISIT),
        (VISIT, VISIT),
        (VISIT.upper(), None),
        (VISIT.replace("vs_", "vr_"), None),
        (f"{VISIT}0.seal", None),
        (f"{VISIT[:-1]}\x00.seal", None),
        (f"{VISIT}\n.seal", None),
        ("", None),
    ],
)
def test_an_id_is_looked_for_only_if_it_can_be_one(sealed: str, name: str | None) -> None:
    assert claimed_id(sealed, "vs") == name


def test_a_seal_has_96_bits_and_fits_where_browsers_send_it() -> None:
    sealed = SEAL.close(VISIT, SITE)
    assert len(sealed.rpartition(".")[2]) * 6 == 96
    assert len(sealed) <= LONGEST_SEALED
