"""An index by which old records of verbs are found, and the list of all of them is read."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it."""
    op.create_index(
        "ix_executions_account_sid_date_created", "executions", ["account_sid", "date_created", "sid"]
    )
