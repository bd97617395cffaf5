"""Recordings as text."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "transcriptions",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("recording_sid", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("instance_sid", sa.Text(), nullable=False),
        sa.Column("duration", sa.Double(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("transcription_text", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("callback_method", sa.Text(), nullable=False),
        sa.Column("date_created", sa.DateTime(), nullable=False),
        sa.Column("date_updated", sa.DateTime(), nullable=False),
        sa.Column("api_version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name="pk_transcriptions"),
    )
    op.create_index(
        "ix_transcriptions_account_sid_date_created", "transcriptions", ["account_sid", "date_created"]
    )
    op.create_index("ix_transcriptions_recording_sid", "transcriptions", ["recording_sid"])
