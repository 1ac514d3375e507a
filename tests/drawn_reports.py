"""Any reports of one call, drawn at random: more than any carrier would ever tell."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from callweave.domain.calls import (
    CallStatus,
    Dialled,
    DialLost,
    FellBack,
    LegStatus,
    Recording,
    Report,
    Ring,
    Status,
    Voicemail,
    Whispered,
)

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
RING = Ring(START)

legs = st.sampled_from(["0", "1", "2"])
statuses = st.sampled_from(Status)
# few seconds, so that many reports share one
times = st.integers(0, 9).map(lambda s: START + timedelta(seconds=s))
seconds = st.none() | st.integers(0, 600)
sids = st.sampled_from(["RE1", "RE2"])

dialled = st.builds(
    Dialled, legs, statuses, times, st.none() | st.booleans(), seconds, st.none() | statuses
)
voicemails = st.builds(Voicemail, sids, st.just("https://a"), seconds, times)
dials_lost = st.builds(DialLost, legs, times)
any_report: st.SearchStrategy[Report] = st.one_of(
    st.builds(Ring, times),
    st.builds(LegStatus, legs, statuses, times, st.none() | st.integers(0, 4), seconds),
    st.builds(Whispered, legs, times),
    dialled,
    st.builds(CallStatus, statuses, times, seconds),
    voicemails,
    st.builds(Recording, sids, st.just("https://a"), seconds, times),
    st.builds(
        FellBack,
        times,
        st.none() | st.just(11200),
        st.none() | dialled | dials_lost | voicemails,
    ),
)
any_reports = st.lists(any_report, max_size=12)
