"""The rows of a ring, and the TwiML; see by_hand.py."""

import json
from typing import Any

from benchmarks.by_hand_rows import one, working, write
from callweave.domain.routing.decisions import Attempt, Dial, Finding, RuleTrace, TargetTrace, Trace
from callweave.domain.routing.records import decision_to_data
from callweave.telephony import twiml
from callweave.telephony.twiml import Addresses
from shops import FRONT_DESK

_TO_THE_DESK = Attempt(None, FRONT_DESK, FRONT_DESK, 15)
_RULE = RuleTrace(
    "Norway goes to the front desk",
    held=True,
    findings=(Finding(held=True, fact="the strongest interest is norway (1)", wanted="norway"),),
    targets=(TargetTrace(FRONT_DESK, (FRONT_DESK,), ()),),
)
_DECISION = json.dumps(
    decision_to_data(Dial((_TO_THE_DESK,), "norway", Trace((_RULE,), default=None)))
)
TWIML = twiml.dial(_TO_THE_DESK, "1", "CALLER", Addresses("https://calls.example.com"))

_WHOSE = """SELECT n.id, n.site_id, s.account_id, v.id, v.visitor_id, t.channel, t.source,
    t.campaign, (SELECT max(id) FROM plans p WHERE p.site_id = n.site_id), l.started_at,
    l.expires_at FROM numbers n JOIN sites s ON s.id = n.site_id JOIN leases l ON l.id = n.lease_id
    JOIN visits v ON v.id = l.visit_id JOIN touches t ON t.visit_id = v.id WHERE n.e164 = ?"""
_CALL = """INSERT INTO calls (id, sid, account_id, site_id, number_id, to_number, from_number,
    country, rung_at, day, state, match_status, candidates, visit_id, visitor_id, channel, source,
    campaign, about, plan_id, decision, whisper, fell_back) VALUES
    (?, ?, ?, ?, ?, ?, ?, 'GB', ?, ?, 'ringing', 'exclusive', ?, ?, ?, ?, ?, ?, 'norway', ?, ?,
    'A call about Norway.', FALSE)"""
_LEG = """INSERT INTO legs (call_id, position, name, endpoint, state, rung_at)
    VALUES (?, 1, ?, ?, 'ringing', ?)"""
_REPORT = """INSERT INTO call_reports (call_sid, key, kind, received_at, form, answer)
    VALUES (?, 'ring', 'ring', ?, ?, ?)"""
_WRITES = (_CALL, _LEG, _REPORT)


def keep_ring(call: str, now: str, form: dict[str, Any]) -> None:
    sid, to, caller = form["CallSid"], form["To"], form["From"]
    with working() as cursor:
        whose = one(cursor, _WHOSE, (to,))
        number, site, account, visit, visitor, channel, source, campaign, plan, since, until = whose
        lease = {"started_at": str(since), "expires_at": str(until)}
        candidates = [{"visit": visit, "visitor": visitor, "lease": lease}]
        mine = (call, sid, account, site, number, to, caller, now, now[:10])
        theirs = (json.dumps(candidates), visit, visitor, channel, source, campaign)
        rows = (
            (*mine, *theirs, plan, _DECISION),
            (call, FRONT_DESK, FRONT_DESK, now),
            (sid, now, json.dumps(form), TWIML),
        )
        write(cursor, _WRITES, rows)
