"""No call lost: what was set aside, what was repaired, recordings"""

import sqlalchemy as sa
from alembic import op

from callweave.storage import base

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("recording_sid", sa.String(length=64), nullable=True))
    op.add_column("calls", sa.Column("recording_url", sa.Text(), nullable=True))
    op.add_column("calls", sa.Column("recording_s", sa.Integer(), nullable=True))
    op.create_table(
        "set_aside",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("leg", sa.Text(), nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("given", sa.Text(), nullable=True),
        sa.Column("received_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("settled_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_aside")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_set_aside_fingerprint")),
    )
    op.create_table(
        "repairs",
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_repairs_call_id_calls")),
        sa.PrimaryKeyConstraint("call_id", "kind", name=op.f("pk_repairs")),
    )


def downgrade() -> None:
    op.drop_column("calls", "recording_s")
    op.drop_column("calls", "recording_url")
    op.drop_column("calls", "recording_sid")
    op.drop_table("repairs")
    op.drop_table("set_aside")
