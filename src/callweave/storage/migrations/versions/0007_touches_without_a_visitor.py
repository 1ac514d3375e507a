"""A call to a number in print has a touch and no visitor"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """SQLite makes the table anew; credits refer to it, which storage.schema allows for."""
    with op.batch_alter_table("touches") as table:
        table.alter_column("visitor_id", existing_type=sa.String(length=40), nullable=True)


def downgrade() -> None:
    """The version before writes all touches with their visitors, and needs no rule for it; touches
    without one are part of credits, which have to stay whole.
    """
