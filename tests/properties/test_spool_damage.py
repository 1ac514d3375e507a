"""Whatever happens to a file of the spool, all records that it did not happen to are taken in."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callweave.intake import Webhook
from callweave.spool import Spool
from shops import NOON
from spools import ROOM, Taker, spool, webhook

KEPT = 5
FORMS = st.dictionaries(st.text(max_size=40), st.text(max_size=700), max_size=4)


def drained_after(change: bytes, kept: int = KEPT) -> list[int]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "left.spool").write_bytes(change)
        with spool(Path(folder)) as found:
            found.keep(webhook(kept), None)  # the file still takes new ones
            take = Taker()
            found.drain(take)
            assert found.drain(Taker()) == 0
    assert take.order[-1] == kept
    for hook, said in take.taken[:-1]:  # what is taken in is what was kept
        nth = round((hook.at - NOON).total_seconds())
        assert (hook, said) == (webhook(nth, Twiml="x" * 300 * nth), None)
    return take.order[:-1]


def content(kept: int = KEPT) -> bytes:
    with tempfile.TemporaryDirectory() as folder, spool(Path(folder)) as found:
        for nth in range(kept):
            found.keep(webhook(nth, Twiml="x" * 300 * nth), None)
        (file,) = Path(folder).glob("*.spool")
        return file.read_bytes()


WHOLE = content()
USED = len(WHOLE.rstrip(b"\0"))


@given(st.integers(0, USED - 1), st.integers(1, 255))
def test_a_byte_that_flips_costs_its_own_record_alone(at: int, by: int) -> None:
    left = drained_after(WHOLE[:at] + bytes([WHOLE[at] ^ by]) + WHOLE[at + 1 :])
    assert len(left) >= KEPT - 1
    assert left == sorted(left)


@pytest.mark.parametrize("place", [0, 3, 4, 5, 6, 7, 8, 23])
@pytest.mark.parametrize("by", [1, 128])
def test_a_head_that_is_damaged_hides_none_of_the_others(place: int, by: int) -> None:
    head = WHOLE.index(WHOLE[:4], 1)
    at = head + place
    left = drained_after(WHOLE[:at] + bytes([WHOLE[at] ^ by]) + WHOLE[at + 1 :])
    assert left == [0, *range(2, KEPT)]


@given(st.integers(0, USED))
def test_a_file_that_is_cut_keeps_all_before_the_cut(length: int) -> None:
    left = drained_after(WHOLE[:length])
    assert left == list(range(len(left)))
    assert len(left) >= length * KEPT // (USED * 3)


@given(st.integers(0, USED), st.integers(0, 2000))
def test_bytes_that_never_reached_the_disk_cost_the_records_that_they_were_in(
    at: int, size: int
) -> None:
    hole = WHOLE[:at] + bytes(len(WHOLE[at : at + size])) + WHOLE[at + size :]
    left = drained_after(hole)
    assert set(left) <= set(range(KEPT))
    assert len(left) >= KEPT - 1 - -(-size // 512)


@given(st.binary(max_size=8192))
def test_any_bytes_at_all_can_be_drained(noise: bytes) -> None:
    assert drained_after(noise) == []


@settings(max_examples=50)
@given(FORMS, st.none() | st.text())
def test_every_form_comes_back_as_it_was(form: dict[str, str], said: str | None) -> None:
    hook = Webhook("status", "1", tuple(form.items()), NOON)
    take = Taker()
    with tempfile.TemporaryDirectory() as folder:
        first = Spool(Path(folder), ROOM)
        first.keep(hook, said)
        first.close()
        with spool(Path(folder)) as second:
            second.drain(take)
    assert take.taken == [(hook, said)]
