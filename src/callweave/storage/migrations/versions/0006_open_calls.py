"""Find the calls that are open among all that ever were"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NAME, OPEN = "ix_calls_rung_at", sa.text("state <> 'ended'")


def upgrade() -> None:
    """An index takes a while, during which no call could be written. PostgreSQL can make one
    beside the writing; one that it broke off is of no use, and in the way.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(NAME, "calls", ["rung_at"], sqlite_where=OPEN)
        return
    with op.get_context().autocommit_block():
        op.drop_index(NAME, "calls", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            NAME, "calls", ["rung_at"], postgresql_where=OPEN, postgresql_concurrently=True
        )


def downgrade() -> None:
    op.drop_index("ix_calls_rung_at", "calls")
