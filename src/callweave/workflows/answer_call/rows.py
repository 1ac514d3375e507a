"""The row of a call, as its ring makes it."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callweave.domain.matching import NO_MATCH, Match, candidate_to_data
from callweave.domain.routing.decisions import Decision, Dial
from callweave.domain.routing.profile import Profile
from callweave.domain.routing.records import decision_to_data
from callweave.domain.routing.whisper import whisper_text
from callweave.storage.callbook import NewCall
from callweave.storage.profiles import Known
from callweave.storage.ringing import DialledNumber
from callweave.telephony.callbacks import Inbound


@dataclass(frozen=True, slots=True)
class Routed:
    plan_id: str | None
    decision: Decision | None

    @property
    def about(self) -> str:
        return self.decision.about if isinstance(self.decision, Dial) else ""


UNROUTED = Routed(None, None)


def of_stranger(
    call: str, inbound: Inbound, rang_at: datetime, routed: Routed = UNROUTED
) -> NewCall:
    known = Known(None, None, Profile.unknown())
    return new_call(call, inbound, None, NO_MATCH, known, rang_at, routed)


def new_call(
    call: str,
    inbound: Inbound,
    dialled: DialledNumber | None,
    match: Match,
    known: Known,
    now: datetime,
    routed: Routed = UNROUTED,
) -> NewCall:
    profile, about, decision = known.profile, routed.about, routed.decision
    zone = ZoneInfo(dialled.time_zone if dialled else "UTC")
    return NewCall(
        id=call,
        sid=inbound.call_sid,
        account_id=dialled.account_id if dialled else None,
        site_id=dialled.site_id if dialled else None,
        number_id=dialled.id if dialled else None,
        to_number=inbound.to,
        from_number=inbound.caller.number,
        country=inbound.caller.country,
        rung_at=now,
        day=now.astimezone(zone).date(),
        match_status=match.status.value,
        candidates=[candidate_to_data(candidate) for candidate in match.candidates],
        visit_id=known.visit_id,
        visitor_id=known.visitor_id,
        channel=profile.channel.value if profile.channel else None,
        source=profile.source,
        campaign=profile.campaign,
        about=about,
        whisper=whisper_text(about, profile),
        plan_id=routed.plan_id,
        decision=decision_to_data(decision) if decision else None,
        origin=dialled.origin if dialled else None,
    )
