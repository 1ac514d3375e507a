"""Find the leases of visits that free numbers were kept from: nothing is planned for them"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NAME, COLUMNS = "ix_leases_held_back", ["number_id", "started_at"]
HELD_BACK = sa.text("assignment = 'held_back'")


def upgrade() -> None:
    """As in 0006: beside the writing, and over one that was broken off."""
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(NAME, "leases", COLUMNS, sqlite_where=HELD_BACK)
        return
    with op.get_context().autocommit_block():
        op.drop_index(NAME, "leases", if_exists=True, postgresql_concurrently=True)
        op.create_index(
            NAME, "leases", COLUMNS, postgresql_where=HELD_BACK, postgresql_concurrently=True
        )


def downgrade() -> None:
    """What the version before knows of such a visit is that it shared a number."""
    op.execute("UPDATE leases SET assignment = 'shared' WHERE assignment = 'held_back'")
    op.drop_index(NAME, "leases")
