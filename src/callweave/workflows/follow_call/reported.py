from dataclasses import dataclass

from callweave.storage.callbook import NewReport
from callweave.storage.followed import LockedCall
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


def default_destination(call: LockedCall, told: Reported) -> str:
    return call.site.default_destination if call.site else told.default_destination
