"""Pools by source and by placement, with conditions, cool-down and reserve"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _new() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("kind", sa.String(length=16), nullable=False, server_default="visitor"),
        sa.Column("serves", sa.String(length=64), nullable=True),
        sa.Column("conditions", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column("cooldown_s", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("reserve_paid", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("stands_in", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("medium", sa.Text(), nullable=True),
        sa.Column("campaign", sa.Text(), nullable=True),
    )


def upgrade() -> None:
    for column in _new():
        op.add_column("pools", column)


def downgrade() -> None:
    for column in _new():
        op.drop_column("pools", column.name)
