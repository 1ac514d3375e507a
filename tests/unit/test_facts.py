"""How facts are written down, and when a try is repeated."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from callweave.domain.facts import (
    MOST_TRIES,
    CallChanged,
    FactType,
    next_try,
    tell_the_same_call,
    unusable,
    written,
)
from shops import NOON
from told import CALL, COMPLETED, RECORDED, WON

LARGEST_BODY = 20_000  # bytes, as Standard Webhooks advises


def test_a_fact_stands_in_the_envelope_of_standard_webhooks() -> None:
    found = json.loads(written(COMPLETED))
    assert list(found) == ["type", "timestamp", "data"]
    assert found["type"] == "call.completed"
    assert found["timestamp"] == "2026-11-18T12:03:21Z"
    assert list(found["data"]) == ["call"]


def test_a_call_is_told_with_real_types_and_nulls() -> None:
    call = json.loads(written(COMPLETED))["data"]["call"]
    assert call["start_time"] == "2026-11-18T12:00:00Z"
    assert call["ended_at"] == "2026-11-18T12:03:20.000500Z"
    assert (call["talk_s"], call["voicemail_s"]) == (188, None)
    assert call["customer_phone_number"] == "+447700900123"


def test_an_outcome_is_told_with_its_call() -> None:
    found = json.loads(written(RECORDED))
    assert found["type"] == "outcome.recorded"
    assert found["data"]["call"] == json.loads(written(COMPLETED))["data"]["call"]
    assert found["data"]["outcome"] == {
        "id": "oc_1",
        "disposition": "won",
        "value": 149_900,
        "currency": "GBP",
        "order_id": "BH-20417",
        "note": "Two weeks in May ✈",
        "recorded_by": "Web shop",
        "recorded_at": "2026-11-18T12:10:00Z",
    }


def test_the_longest_outcome_is_short_enough_for_every_receiver() -> None:
    longest = replace(WON, note="✈" * 2_000, order_id="✈" * 255, recorded_by="✈" * 255)
    assert len(written(replace(RECORDED, outcome=longest)).encode()) < LARGEST_BODY


def test_only_what_is_said_of_the_call_counts_as_another_word() -> None:
    later = CallChanged(NOON + timedelta(hours=1), CALL)
    assert tell_the_same_call(written(COMPLETED), written(later))
    corrected = CallChanged(NOON, replace(CALL, duration_s=201))
    assert not tell_the_same_call(written(COMPLETED), written(corrected))


def test_changes_are_told_to_those_who_know_what_has_changed() -> None:
    assert unusable([FactType.CALL_CHANGED, FactType.OUTCOME_RECORDED])
    assert unusable([FactType.CALL_CHANGED, FactType.CALL_COMPLETED]) is None
    assert unusable([FactType.OUTCOME_RECORDED]) is None


def test_a_failed_try_is_repeated_for_three_days() -> None:
    pauses = [pause(tries) for tries in range(1, MOST_TRIES)]
    assert [each.total_seconds() for each in pauses[:3]] == [5, 300, 1800]
    assert [each / timedelta(hours=1) for each in pauses[3:]] == [2, 5, 10, 14, 20, 24]
    assert next_try(MOST_TRIES, timedelta(), NOON, 0) is None


def pause(tries: int, *, wait: timedelta = timedelta(), chance: float = 0) -> timedelta:
    at = next_try(tries, wait, NOON, chance)
    assert at
    return at - NOON


@pytest.mark.parametrize(("chance", "seconds"), [(0, 300), (0.5, 315), (1, 330)])
def test_those_who_failed_together_come_back_apart(chance: float, seconds: int) -> None:
    assert pause(2, chance=chance) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (timedelta(seconds=3), timedelta(seconds=5)),
        (timedelta(minutes=2), timedelta(minutes=2)),
        (timedelta(days=11), timedelta(days=1)),
    ],
)
def test_a_destination_may_ask_for_a_longer_pause(asked: timedelta, given: timedelta) -> None:
    assert pause(1, wait=asked) == given
