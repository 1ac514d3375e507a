from dataclasses import dataclass

from sqlalchemy.orm import Session

from callweave.storage.accounts import Site
from callweave.storage.callbook import NewReport
from callweave.storage.calls import Call
from callweave.telephony.twiml import Addresses


@dataclass(frozen=True, slots=True)
class Given:
    """What the carrier was answered already, by whoever did so without the database.
    ``instead_of``: the key of a report that was kept and that this one corrects.
    """

    answer: str | None
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """``default_destination`` is for calls without a site of ours. With ``given`` there is
    nothing to decide any more.
    """

    report: NewReport
    addresses: Addresses
    default_destination: str
    given: Given | None = None


def default_destination(session: Session, call: Call, told: Reported) -> str:
    site = session.get(Site, call.site_id) if call.site_id else None
    return site.default_destination if site else told.default_destination
