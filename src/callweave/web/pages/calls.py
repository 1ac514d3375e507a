"""The list of calls: filtered, live, and as a file."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Response, abort, render_template, request
from sqlalchemy.orm import Session

from callweave.storage.accounts import sites_of
from callweave.storage.reports.calls import (
    CallLine,
    Place,
    agents_of,
    call_lines,
    count_calls,
    every_call,
)
from callweave.web.auth import Role, current_person
from callweave.web.extensions import parts
from callweave.web.pages.asking import Asked, asked_for
from callweave.web.pages.downloads import csv_download
from callweave.web.pages.filters import Filters, read_filters
from callweave.web.pages.formats import major, masked_phone
from callweave.web.tables import Cell

A_PAGE = 50
HEADER = (
    "call_id", "call_sid", "rung_at", "local_time", "site", "caller", "tracking_number",
    "result", "answered_by", "ring_s", "talk_s", "duration_s", "match", "channel", "source",
    "campaign", "outcome", "value", "currency", "order_id", "pool_kind",
)  # fmt: skip


def page() -> str:
    with parts().database.reading() as session:
        asked, filters = _asked(session)
        wanted = filters.wanted(asked.scope)
        below = _read_place(request.args.get("below"))
        lines = call_lines(session, wanted, A_PAGE + 1, below)
        count = count_calls(session, wanted)
    older = _written(lines[A_PAGE - 1].place) if len(lines) > A_PAGE else None
    return render_template(
        "calls.html",
        asked=asked,
        filters=filters,
        lines=lines[:A_PAGE],
        count=count,
        newest=asked.url("calls", filters.kept),
        older=asked.url("calls", filters.kept, below=older) if older else None,
        download=asked.url("calls_csv", filters.kept),
        is_newest=below is None,
    )


def csv() -> Response:
    with parts().database.reading() as session:
        asked, filters = _asked(session)
    lines = every_call(parts().database, filters.wanted(asked.scope))
    name = f"calls-{asked.scope.since}-{asked.scope.until}"
    return csv_download(name, HEADER, _rows(lines, current_person().role))


def _asked(session: Session) -> tuple[Asked, Filters]:
    person = current_person()
    sites = sites_of(session, person.account_id)
    agents = dict(agents_of(session, person.account_id))
    asked = asked_for(request.args, person.account_id, sites, parts().clock())
    return asked, read_filters(request.args, agents, person.role)


def _rows(lines: Iterator[CallLine], role: Role) -> Iterator[list[Cell]]:
    for line in lines:
        local = line.rung_at.astimezone(ZoneInfo(line.time_zone))
        caller = line.from_number if role.sees_callers else masked_phone(line.from_number)
        yield [
            line.id, line.sid, f"{line.rung_at:%Y-%m-%dT%H:%M:%SZ}", f"{local:%Y-%m-%d %H:%M:%S}",
            line.site_name, caller, line.to_number, line.result or line.state, line.answered_by,
            line.ring_s, line.talk_s, line.duration_s, line.match_status, line.channel,
            line.source, line.campaign, line.disposition,
            major(line.value, line.currency), line.currency, line.order_id, line.pool_kind,
        ]  # fmt: skip


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE = re.compile(r"([0-9]{1,17})\.(ca_[0-9a-z]{26})")


def _written(place: Place) -> str:
    return f"{(place.rung_at - _EPOCH) // timedelta(microseconds=1)}.{place.call_id}"


def _read_place(text: str | None) -> Place | None:
    if text is None:
        return None
    found = _PLACE.fullmatch(text)
    if found is None:
        abort(400)
    return Place(_EPOCH + timedelta(microseconds=int(found[1])), found[2])
