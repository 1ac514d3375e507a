"""A call and its outcome as facts tell them."""

from datetime import timedelta

from callweave.domain.facts import CallCompleted, OutcomeRecorded, ToldCall, ToldOutcome
from shops import NOON

CALL = ToldCall(
    id="ca_1",
    sid="CA" + "0" * 32,
    site_id="st_1",
    site_name="Farshore Holidays",
    tracking_phone_number="+442079460101",
    customer_phone_number="+447700900123",
    customer_country="GB",
    start_time=NOON,
    answered_at=NOON + timedelta(seconds=12),
    ended_at=NOON + timedelta(seconds=200, microseconds=500),
    ended_by="caller",
    state="ended",
    result="answered",
    answered_by="Ana",
    ring_s=12,
    talk_s=188,
    duration_s=200,
    voicemail_s=None,
    match_status="exclusive",
    channel="Paid Search",
    source="google",
    campaign="spring-bahamas",
)
WON = ToldOutcome(
    id="oc_1",
    disposition="won",
    value=149_900,
    currency="GBP",
    order_id="BH-20417",
    note="Two weeks in May ✈",
    recorded_by="Web shop",
    recorded_at=NOON + timedelta(minutes=10),
)
COMPLETED = CallCompleted(NOON + timedelta(seconds=201), CALL)
RECORDED = OutcomeRecorded(NOON + timedelta(minutes=10), CALL, WON)
