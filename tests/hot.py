"""What workflows work with, inside of the transaction of a test's session."""

from sqlalchemy.orm import Session

from callweave.storage.followed import LockedCall, lock_by_id
from callweave.storage.prepared import HotTransaction


def hot(session: Session) -> HotTransaction:
    session.flush()
    cursor = session.connection().connection.cursor()
    return HotTransaction(cursor, session.get_bind().dialect)


def locked(session: Session, call_id: str) -> tuple[HotTransaction, LockedCall]:
    tx = hot(session)
    call = lock_by_id(tx, call_id)
    assert call
    return tx, call
