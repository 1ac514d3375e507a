"""Tell what leases were by their index: reports of pools read a million of them"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

WHEN = ("ix_leases_number_id_started_at", ["number_id", "started_at"])
WHEN_AND_WHAT = (
    "ix_leases_number_id_started_at_assignment",
    ["number_id", "started_at", "assignment"],
)


def upgrade() -> None:
    _replace(WHEN, WHEN_AND_WHAT)


def downgrade() -> None:
    _replace(WHEN_AND_WHAT, WHEN)


def _replace(old: tuple[str, list[str]], new: tuple[str, list[str]]) -> None:
    """As in 0010: beside the writing, and over one that was broken off."""
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(new[0], "leases", new[1])
        op.drop_index(old[0], "leases")
        return
    with op.get_context().autocommit_block():
        op.drop_index(new[0], "leases", if_exists=True, postgresql_concurrently=True)
        op.create_index(new[0], "leases", new[1], postgresql_concurrently=True)
        op.drop_index(old[0], "leases", if_exists=True, postgresql_concurrently=True)
