"""Where a call and its legs may go from where they are, as more is reported of them.

`follow` reads states from all reports at once, so no move is ever made by itself; these tables
say which ones may be seen when it has read more than before, and guard what is stored.
"""

from collections.abc import Mapping

from callweave.domain.calls.legs import LegState
from callweave.domain.calls.story import State

CALL_MOVES: Mapping[State, frozenset[State]] = {
    State.RINGING: frozenset({State.TALKING, State.ENDED}),
    # A talk is presumed from the pick-up on; who hangs up during the whisper never talked.
    State.TALKING: frozenset({State.RINGING, State.ENDED}),
    State.ENDED: frozenset(),
}
LEG_MOVES: Mapping[LegState, frozenset[LegState]] = {
    LegState.RINGING: frozenset({LegState.PICKED_UP, LegState.ENDED}),
    LegState.PICKED_UP: frozenset({LegState.ENDED}),
    LegState.ENDED: frozenset(),
}


def may_move(before: State, after: State) -> bool:
    """Staying is no move."""
    return after is before or after in CALL_MOVES[before]


def may_move_leg(before: LegState, after: LegState) -> bool:
    return after is before or after in LEG_MOVES[before]
