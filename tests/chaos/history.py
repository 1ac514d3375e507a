"""Everything that is known of one call: what was injected, what was sent, heard and kept."""

from collections.abc import Iterator

from chaos.virtual import Run

# Whatever struck earlier or later than this was over, or came when all was said.
WEATHER_AROUND_S = 3_600.0


def history(run: Run, sid: str) -> Iterator[str]:
    """Begins with the command that plays the call alone. Nothing, if it is no call's sid."""
    way = run.crowd.ways.get(sid)
    call = next((call for call in run.ledger if call.sid == sid), None)
    if way is None or call is None:
        return
    plan = run.plan
    began = (call.started_at - run.crowd.service.scheduler.start).total_seconds()
    yield (
        f"--first-seed {plan.seed} --calls {plan.calls} --only-call {run.crowd.numbers[sid]}"
        f"   (began {began:.1f} s)"
    )
    yield f"at the carrier: {call.status}, {call.duration} s, {call.reached}, {call.answered_by}"
    yield from (f"heard     {entry}" for entry in call.entries)
    yield from (f"sent      {line}" for line in way.sent)
    yield from (f"struck    {line}" for line in way.plan.struck)
    yield from (f"kept      {line}" for line in run.rows.reports.get(sid, ()))
    yield from (f"leg       {leg}" for leg in run.rows.legs.get(sid, ()))
    yield from (f"repaired  {kind}" for about, kind in run.rows.repairs if about == sid)
    for at, what in run.crowd.service.weather:
        if abs(at - began) < WEATHER_AROUND_S:
            yield f"weather   {at:9.1f}  {what}"
