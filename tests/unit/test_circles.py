"""When a ring is one of our own, come back."""

import pytest

from callweave.domain.routing.circles import MOST, MOST_WITHHELD, Laps, circle
from callweave.domain.routing.decide import COMES_BACK, decide
from callweave.domain.routing.decisions import Dial, Voicemail
from callweave.domain.routing.plans import default_plan
from callweave.domain.routing.profile import Profile
from shops import NOON

ANA, DESK = "+441614960101", "+441614960199"


@pytest.mark.parametrize(
    ("forwarded_from", "laps", "why"),
    [
        (None, Laps(0, 0), None),
        (None, MOST, None),
        ("+442071838750", MOST, None),
        (ANA, Laps(0, 0), f"{ANA}, which we ring ourselves, forwarded the call to us"),
        (None, Laps(3, 3), "3 calls of this caller have begun to ring in 30 s: a circle"),
        (None, Laps(0, 26), "26 calls of this caller have begun in 10 min and go on: a circle"),
    ],
)
def test_a_call_that_we_sent_away_is_known_when_it_returns(
    forwarded_from: str | None, laps: Laps, why: str | None
) -> None:
    assert circle(forwarded_from, {ANA, DESK}, laps, withheld=False) == why


@pytest.mark.parametrize(
    ("laps", "why"),
    [
        (MOST_WITHHELD, None),
        (Laps(11, 11), "11 calls from withheld numbers have begun to ring in 30 s: a circle"),
        (Laps(0, 101), "101 calls from withheld numbers have begun in 10 min and go on: a circle"),
    ],
)
def test_many_may_withhold_their_numbers_at_once(laps: Laps, why: str | None) -> None:
    assert circle(None, {ANA, DESK}, laps, withheld=True) == why


def test_a_number_of_ours_is_skipped_with_the_reason() -> None:
    decision = decide(default_plan(DESK), Profile.unknown(), [], NOON, own_numbers={DESK})
    assert isinstance(decision, Voicemail)
    assert decision.trace.default
    (skipped,) = decision.trace.default[0].skipped
    assert (skipped.name, skipped.reason) == (DESK, COMES_BACK)


def test_a_number_of_others_is_rung() -> None:
    decision = decide(default_plan(DESK), Profile.unknown(), [], NOON, own_numbers={ANA})
    assert isinstance(decision, Dial)
