"""How long a number had rested when it was lent"""

import sqlalchemy as sa
from alembic import op

from callweave.storage import base

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("numbers", sa.Column("free_since", base.UtcDateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("numbers", "free_since")
