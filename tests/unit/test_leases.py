from datetime import UTC, datetime, timedelta

import pytest

from callweave.domain.leases import renewal_is_due

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
LEASE = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("minutes_left", "due"),
    [(30, False), (22.6, False), (22.5, False), (22.4, True), (0, True), (-5, True), (45, False)],
)
def test_a_lease_is_renewed_once_a_quarter_of_it_has_gone(minutes_left: float, due: bool) -> None:  # noqa: FBT001  a table
    assert renewal_is_due(NOW + timedelta(minutes=minutes_left), NOW, LEASE) is due
