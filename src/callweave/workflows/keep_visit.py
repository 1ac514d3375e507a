"""What a page reports between two page views: it is still open, a number was tapped, and so on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from callweave.domain.ids import Mint
from callweave.storage import arrivals, lending
from callweave.storage.prepared import HotTransaction
from callweave.storage.sites import SiteFacts

MOST_TRAITS = 50


@dataclass(frozen=True, slots=True)
class PageEvent:
    """``type`` is alive, tel_click, copy, leave, identify or custom."""

    type: str
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SeenVisit:
    visitor: str
    visit: str


def keep_visit(
    tx: HotTransaction,
    mint: Mint,
    site: SiteFacts,
    seen: SeenVisit,
    event: PageEvent,
    now: datetime,
) -> None:
    """Only an open page ("alive") renews leases."""
    match event.type:
        case "alive":
            tx.run(arrivals.SEE_VISIT, visit=seen.visit, now=now)
            lease_s = {pool.id: pool.lease_s for pool in site.pools.values()}
            lending.renew_all(tx, seen.visit, lease_s, now)
        case "leave":
            tx.run(arrivals.SEE_VISIT, visit=seen.visit, now=now)
        case "identify":
            _identify(tx, seen.visitor, event.detail)
            _write(tx, mint, seen.visit, event, now)
        case _:
            _write(tx, mint, seen.visit, event, now)


def _write(tx: HotTransaction, mint: Mint, visit: str, event: PageEvent, now: datetime) -> None:
    tx.run(
        arrivals.WRITE_EVENT,
        event=mint.new("ev", now),
        visit=visit,
        now=now,
        type=event.type,
        detail=dict(event.detail),
    )


def _identify(tx: HotTransaction, visitor: str, told: Mapping[str, object]) -> None:
    """What the site says of its visitor; ``customer: true`` is the trait that plans ask about."""
    row = tx.row(arrivals.READ_TRAITS, visitor=visitor)
    if row is None:
        return
    traits = {**row[0], **told}
    if len(traits) > MOST_TRAITS:
        traits = dict(list(traits.items())[-MOST_TRAITS:])
    customer = told["customer"] is True if "customer" in told else row[1]
    tx.run(arrivals.WRITE_TRAITS, visitor=visitor, traits=traits, customer=customer)
