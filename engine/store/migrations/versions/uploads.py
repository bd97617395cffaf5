"""Recordings that are, or are to be, in S3-compatible storage."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TEXTS = ("account_sid", "call_sid", "instance_sid", "key", "state", "last_error")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "uploads",
        sa.Column("sid", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        sa.Column("attempts", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.DateTime(), nullable=False)
            for name in ("next_attempt", "date_created", "date_updated")
        ),
        sa.PrimaryKeyConstraint("sid", name="pk_uploads"),
    )
    op.create_index("ix_uploads_state_next_attempt", "uploads", ["state", "next_attempt"])
