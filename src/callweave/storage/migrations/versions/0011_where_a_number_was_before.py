"""Which pool a number was in before it was released and came back"""

import sqlalchemy as sa
from alembic import op

from callweave.storage import base

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No key says that ``pool_id`` is a pool's: making it would lock two tables at once."""
    op.create_table(
        "stays",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("number_id", sa.String(length=40), nullable=False),
        sa.Column("pool_id", sa.String(length=40), nullable=False),
        sa.Column("since", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("leased_until", base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["number_id"], ["numbers.id"], name=op.f("fk_stays_number_id_numbers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stays")),
    )
    op.create_index(op.f("ix_stays_number_id"), "stays", ["number_id"])
    op.add_column("numbers", sa.Column("came_back_at", base.UtcDateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("numbers", "came_back_at")
    op.drop_table("stays")
