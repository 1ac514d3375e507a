"""A call that was completed from the carrier's list says so on its page."""

import pytest

from callweave.storage.calls import Repair
from databases import SqliteDatabases
from pages_stage import pages_stage
from shops import NOON

COMPLETED = "It is completed from the carrier's own lists."
CLOSED = "The carrier knows of no such call, so it was closed after a day."


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ([], []),
        (["end_missing", "leg_missing"], [COMPLETED]),
        (["message_missing"], [COMPLETED]),
        (["unknown_to_carrier"], [CLOSED]),
    ],
)
def test_a_repaired_call_says_so(
    sqlite: SqliteDatabases, kinds: list[str], said: list[str]
) -> None:
    with sqlite.migrated() as url, pages_stage(url) as stage:
        with stage.telling() as teller:
            call = teller.call(NOON)
        with stage.database.writing() as session:
            session.add_all(Repair(call_id=call.id, kind=kind, at=NOON) for kind in kinds)
        stage.log_in()
        page = stage.text(f"/calls/{call.id}")
    assert [words for words in (COMPLETED, CLOSED) if words in page] == said
