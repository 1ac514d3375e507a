"""The service of the demo: the whole web service, and the holiday shop beside it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from flask import Flask
from sqlalchemy import select

from callweave.app import create_app, start_draining
from callweave.domain.routing.decisions import Decision
from callweave.domain.routing.explain import explain
from callweave.domain.routing.records import decision_from_data
from callweave.settings import Settings
from callweave.simulator.demo import Demo
from callweave.simulator.shop.blueprint import Explanation, ShopFront, shop_blueprint
from callweave.storage.calls import Call
from callweave.storage.database import Database


class SharedSeconds(Protocol):
    """The part of ``multiprocessing.Value`` that is used here."""

    value: float


@dataclass(frozen=True, slots=True)
class SharedClock:
    """Now, less what ``behind`` says: seconds in memory that the player of the demo shares with
    the service, so that weeks of visits and calls can be lived through in a minute.
    """

    behind: SharedSeconds

    def __call__(self) -> datetime:
        return datetime.now(UTC) - timedelta(seconds=self.behind.value)


def demo_app(
    settings: Settings, demo: Demo, site: str, carrier: str, clock: Callable[[], datetime]
) -> Flask:
    """``site``: the shop's key. ``carrier``: the simulated carrier as browsers reach it."""
    app = create_app(settings, clock)
    database: Database = app.extensions["callweave"].database
    front = ShopFront(
        site=site,
        pool=demo.pool.name,
        number=demo.site.own_number,
        carrier=carrier,
        names=demo.names,
        why=lambda sid: explain_call(database, sid),
    )
    app.register_blueprint(shop_blueprint(front), url_prefix="/demo")
    start_draining(app)
    return app


def explain_call(database: Database, sid: str) -> Explanation | None:
    with database.reading() as session:
        call = session.scalars(select(Call).where(Call.sid == sid)).one_or_none()
    if call is None:
        return None
    matched = [
        f"This visitor {reason}." for each in call.candidates[:1] for reason in each["reasons"]
    ]
    if call.match_status != "exclusive":
        matched = [f"The call is matched as {call.match_status}."]
    decision = decision_from_data(call.decision) if call.decision else None
    return Explanation(
        reasons=(*matched, *(_decided(decision) if decision else ())),
        page=f"/calls/{call.id}",
        details=tuple(explain(decision)) if decision else (),
    )


def _decided(decision: Decision) -> Iterator[str]:
    """The rule that found somebody, and who is rung; what else was considered is detail."""
    for rule in decision.trace.rules:
        if any(target.rung for target in rule.targets):
            yield f'Rule "{rule.name}" held: {"; ".join(finding.why for finding in rule.findings)}.'
    yield explain(decision)[-1]
