"""Facts for the outside"""

import sqlalchemy as sa
from alembic import op

from callweave.storage import base

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "destinations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("allow_private", sa.Boolean(), nullable=False),
        sa.Column("created_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("retired_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("gone_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_destinations_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destinations")),
    )
    op.create_index(op.f("ix_destinations_account_id"), "destinations", ["account_id"])

    op.create_table(
        "deliveries",
        sa.Column("destination_id", sa.String(length=40), nullable=False),
        sa.Column("fact_id", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("delivered_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "due_at IS NULL OR delivered_at IS NULL", name=op.f("ck_deliveries_owed_or_delivered")
        ),
        sa.ForeignKeyConstraint(
            ["destination_id"],
            ["destinations.id"],
            name=op.f("fk_deliveries_destination_id_destinations"),
        ),
        sa.PrimaryKeyConstraint("destination_id", "fact_id", name=op.f("pk_deliveries")),
    )
    op.create_index(
        op.f("ix_deliveries_destination_id_due_at"), "deliveries", ["destination_id", "due_at"]
    )
    op.create_index(
        op.f("ix_deliveries_destination_id_subject"), "deliveries", ["destination_id", "subject"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_deliveries_destination_id_subject"), "deliveries")
    op.drop_index(op.f("ix_deliveries_destination_id_due_at"), "deliveries")

    op.drop_table("deliveries")
    op.drop_index(op.f("ix_destinations_account_id"), "destinations")

    op.drop_table("destinations")
