"""Conferences."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "conferences",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("instance_sid", sa.Text(), nullable=False),
        sa.Column("friendly_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("call_sid_ending", sa.Text(), nullable=True),
        sa.Column("end_callback", sa.Text(), nullable=False),
        sa.Column("end_callback_method", sa.Text(), nullable=False),
        sa.Column("events_told", sa.Integer(), nullable=False),
        sa.Column("date_created", sa.DateTime(), nullable=False),
        sa.Column("date_updated", sa.DateTime(), nullable=False),
        sa.Column("api_version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name="pk_conferences"),
    )
    op.create_index("ix_conferences_account_sid_date_created", "conferences", ["account_sid", "date_created"])
    op.create_index("ix_conferences_status", "conferences", ["status"])
