"""The words before a recording"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The third migration made this column once, and locked two tables for it."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("sites")}
    if "recording_notice" not in there:
        op.add_column("sites", sa.Column("recording_notice", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("sites", "recording_notice")
