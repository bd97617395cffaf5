"""What verbs did; who is told of a recording, and of which conference it is."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the columns; of recordings from before nobody is told any more."""
    with op.batch_alter_table("recordings") as recordings:
        recordings.add_column(sa.Column("conference_sid", sa.Text(), nullable=True))
        recordings.add_column(sa.Column("status_callback", sa.Text(), nullable=False, server_default=""))
        recordings.add_column(
            sa.Column("status_callback_method", sa.Text(), nullable=False, server_default="POST")
        )
        recordings.add_column(
            sa.Column("status_callback_events", sa.JSON(), nullable=False, server_default="[]")
        )
    op.create_index("ix_recordings_conference_sid", "recordings", ["conference_sid"])
    op.create_table(
        "executions",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("duration", sa.Double(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("date_created", sa.DateTime(), nullable=False),
        sa.Column("api_version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name="pk_executions"),
    )
    op.create_index(
        "ix_executions_account_sid_verb_date_created", "executions", ["account_sid", "verb", "date_created"]
    )
    op.create_index("ix_executions_call_sid", "executions", ["call_sid"])
