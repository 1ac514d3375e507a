"""What can explain what: each rule names the faults that can bring about what it forbids.

What is in no table explains nothing. A new token does not, since both are accepted; nor a restart,
which comes between two requests; nor a report that is told twice; nor an outage by itself: each
request that met it has a line of its own.
"""

from collections.abc import Collection, Iterator
from datetime import timedelta

from callweave.simulator.faults import Fault
from callweave.simulator.ledger import LedgerCall
from chaos.evidence import Evidence
from chaos.faults import Mishap
from chaos.trouble import Trouble

Words = Collection[str]
Finding = tuple[str, str]

KNOWN: Words = (*Fault, *Mishap, *Trouble)
# One try of a request failed. Whether another one got through, only who heard it all can say.
_ONE_TRY: Words = (
    Fault.NEVER_ASKED,
    Fault.LOST_ANSWER,
    Mishap.BAD_GATEWAY,
    Mishap.UNAVAILABLE,
)
# A question of the carrier is answered from memory.
FALLS_BACK: Words = (*Trouble, Mishap.UNANSWERED)
# The carrier has no answer of ours at all.
UNANSWERED: Words = (Mishap.UNANSWERED,)
# It was decided to ring somebody, and the carrier was told otherwise, or nothing.
RINGS_SOMEBODY_ELSE: Words = (Trouble.AFTER_COMMIT, Mishap.UNANSWERED)
# It was decided, and the decision did not arrive.
LOSES_ANSWER: Words = (Fault.LOST_ANSWER, Mishap.BAD_GATEWAY)
# A report comes never, or when it has been made up for.
LOSES: Words = (Fault.DROPPED, Fault.LATE, Mishap.UNANSWERED, Mishap.MISTOLD, *Trouble)
# A report that came has another figure than the carrier's list.
MISTOLD: Words = (Mishap.MISTOLD,)
# A request of the carrier is taken in later than it was made.
DELAYS: Words = (*_ONE_TRY, Mishap.UNANSWERED, *Trouble)

QUESTIONS = ("/voice/ring", "/voice/dialled", "/voice/fallback")
WAITED_FOR = (*QUESTIONS, "/voice/whisper", "/voice/voicemail")


def explained(
    evidence: Evidence, sid: str, words: Words, paths: Collection[str] = ("/voice/",)
) -> bool:
    """Whether any of these faults struck the call, at any of these addresses where it says."""
    if evidence.heard is None and Mishap.UNANSWERED in words:
        words = (*words, *_ONE_TRY)
    return any(
        (line.endswith(tuple(words)) and (any(map(line.__contains__, paths)) or "/" not in line))
        or not line.endswith(tuple(KNOWN))
        for line in struck(evidence, sid)
    )


def struck(evidence: Evidence, sid: str) -> Iterator[str]:
    yield from evidence.struck.get(sid, ())
    yield from evidence.struck.get("", ())


def is_skewed(evidence: Evidence, call: LedgerCall, before: timedelta = timedelta(0)) -> bool:
    """Whether our clock was off at any time of the call, or so long before."""
    begins = call.started_at - before
    ends = call.started_at + timedelta(seconds=last_moment(call))
    return any(spell.begins <= ends and begins <= spell.ends for spell in evidence.skewed)


def last_moment(call: LedgerCall) -> float:
    return max((entry.at for entry in call.entries), default=0.0)
