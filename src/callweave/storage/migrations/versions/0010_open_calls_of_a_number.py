"""Find the open calls of one number: every ring looks for those of its caller"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OF_ALL = ("ix_calls_rung_at", ["rung_at"])
OF_A_NUMBER = ("ix_calls_to_number_rung_at", ["to_number", "rung_at"])
OPEN = sa.text("state <> 'ended'")


def upgrade() -> None:
    _replace(OF_ALL, OF_A_NUMBER)


def downgrade() -> None:
    _replace(OF_A_NUMBER, OF_ALL)


def _replace(old: tuple[str, list[str]], new: tuple[str, list[str]]) -> None:
    """As in 0006: beside the writing, and over one that was broken off."""
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(new[0], "calls", new[1], sqlite_where=OPEN)
        op.drop_index(old[0], "calls")
        return
    with op.get_context().autocommit_block():
        op.drop_index(new[0], "calls", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            new[0], "calls", new[1], postgresql_where=OPEN, postgresql_concurrently=True
        )
        op.drop_index(old[0], "calls", if_exists=True, postgresql_concurrently=True)
