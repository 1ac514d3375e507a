"""The product's values in words that a person reads."""

from dataclasses import dataclass

from callweave.domain.attribution import Model
from callweave.domain.calls.legs import LegResult, LegState
from callweave.domain.calls.story import Result, State
from callweave.domain.matching import MatchStatus
from callweave.domain.outcomes import Disposition
from callweave.domain.visits.channels import PAID, Channel
from callweave.workflows.count_refusal import Refusal


@dataclass(frozen=True, slots=True)
class Worded:
    name: str
    meaning: str


STATUS: dict[str, str] = {
    State.RINGING: "Ringing now",
    State.TALKING: "Talking now",
    Result.ANSWERED: "Answered",
    Result.MISSED: "Missed",
    Result.VOICEMAIL: "Voicemail",
}

MATCH: dict[str, Worded] = {
    MatchStatus.EXCLUSIVE: Worded(
        "Exclusive",
        "One visitor is left: nobody else held the number when it rang, or since.",
    ),
    MatchStatus.PROBABLE: Worded(
        "Probable", "Several visitors may have made this call; the likeliest comes first."
    ),
    MatchStatus.SHARED: Worded(
        "Shared",
        "Several visitors were shown this number, and nothing tells which of them called. "
        "The call counts as not known rather than as a guess.",
    ),
    MatchStatus.UNKNOWN: Worded(
        "Unknown", "Nobody was shown this number in the time that counts, so no journey is known."
    ),
}

LEG: dict[str, str] = {
    LegState.RINGING: "ringing",
    LegState.PICKED_UP: "picked up",
    LegState.ENDED: "ended",
    LegResult.TALKED: "talked",
    LegResult.NOT_JOINED: "picked up, caller not put through",
    LegResult.BUSY: "busy",
    LegResult.NO_ANSWER: "no answer",
    LegResult.FAILED: "could not be reached",
    LegResult.CANCELED: "caller gave up",
}

DISPOSITION: dict[str, str] = {
    Disposition.WON: "Won",
    Disposition.LOST: "Lost",
    Disposition.CALLBACK: "Call back",
    Disposition.SUPPORT: "Support",
    Disposition.SPAM: "Spam",
    Disposition.WRONG_NUMBER: "Wrong number",
    Disposition.OTHER: "Other",
}

MODEL: dict[Model, str] = {
    Model.FIRST_TOUCH: "All of it to the touch that brought the visitor first.",
    Model.LAST_TOUCH: "All of it to the last touch before the call.",
    Model.LAST_NON_DIRECT: "All of it to the last touch that was not a direct visit.",
    Model.LINEAR: "The same share to every touch.",
    Model.POSITION_BASED: "40 % to the first, 40 % to the last, the rest to those between.",
    Model.TIME_DECAY: "The later the touch, the more: half as much for every seven days before.",
}

_REFUSALS: dict[str, Worded] = {
    Refusal.BOT: Worded("Robots", "Crawlers saw the page with your own number and used up none."),
    Refusal.CONSENT_MISSING: Worded(
        "No consent",
        "Visitors who did not agree saw your own number, or their source's; nothing was kept.",
    ),
    Refusal.FOREIGN_ORIGIN: Worded(
        "Other websites",
        "Your snippet ran on a site that is not among yours. If it is one of yours, add it.",
    ),
    Refusal.CROWDED_NETWORK: Worded(
        "Too many from one network",
        "Visitors beyond a network's share of new visits saw your own number, or their source's.",
    ),
    Refusal.UNKNOWN_POOL: Worded(
        "Unknown pool", "A page asked for numbers of a pool that does not exist; check its markup."
    ),
    Refusal.POOL_EXHAUSTED: Worded(
        "No number free", "Visitors saw your own number, since all tracking numbers were in use."
    ),
    Refusal.SHARED_NUMBER: Worded(
        "Number shared", "Visitors saw the overflow number, which is the same for all of them."
    ),
    Refusal.HELD_BACK: Worded(
        "Numbers kept for others",
        "Visitors from a network that asks for many numbers saw one that is not theirs alone, "
        "or your own: half of a pool is kept for everybody else.",
    ),
    Refusal.NEXT_POOL: Worded(
        "Number of the next pool",
        "The pool for their area or source had none left, so visitors got a number of their own "
        "from the next that fits them.",
    ),
    Refusal.FORGED_WEBHOOK: Worded(
        "Unsigned webhooks", "Requests that claimed to come from the carrier and did not."
    ),
    Refusal.UNREADABLE_WEBHOOK: Worded(
        "Unreadable webhooks", "Signed requests of the carrier that made no sense."
    ),
    Refusal.UNKEPT_WEBHOOK: Worded(
        "Reports not kept",
        "While the database was away, the spool had no room for them. The carrier may have them.",
    ),
    Refusal.UNKNOWN_NUMBER: Worded(
        "Unknown numbers", "Calls to numbers that belong to no site; they rang the default."
    ),
}


def refusal(reason: str) -> Worded:
    """A reason that a later version counted is shown as it is."""
    return _REFUSALS.get(reason) or Worded(reason.replace("_", " ").capitalize(), "")


_OWN = {Channel.EMAIL, Channel.SMS, Channel.MOBILE_PUSH}


def channel_kind(channel: str) -> str:
    """For the colour of its dot: what was paid for, what one sends oneself, what came by itself."""
    if channel in PAID:
        return "paid"
    if channel in _OWN:
        return "own"
    return "direct" if channel == Channel.DIRECT else "earned"
