"""Indexes in which whole lists lie in their order, and until when an event is tried."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_DATED = ("calls", "recordings", "conferences", "notifications", "sms_messages", "email_messages")


def upgrade() -> None:
    """Let every index of a list end with what makes its order total, so that pages need no sorting."""
    for table in _DATED:
        name = f"ix_{table}_account_sid_date_created"
        op.drop_index(name, table_name=table)
        op.create_index(name, table, ["account_sid", "date_created", "sid"])
    for column in ("from", "to", "status"):
        op.create_index(
            f"ix_calls_account_sid_{column}", "calls", ["account_sid", column, "date_created", "sid"]
        )
    some = sa.text("parent_call_sid IS NOT NULL")
    op.drop_index("ix_calls_parent_call_sid", table_name="calls")
    op.create_index(
        "ix_calls_account_sid_parent",
        "calls",
        ["account_sid", "parent_call_sid", "date_created", "sid"],
        sqlite_where=some,
        postgresql_where=some,
    )
    op.create_index("ix_events_account_sid_date_created", "events", ["account_sid", "date_created", "sid"])
    op.create_index("ix_events_account_sid_state", "events", ["account_sid", "state", "date_created", "sid"])
    with op.batch_alter_table("events") as events:
        events.add_column(sa.Column("give_up_at", sa.DateTime(), nullable=True))
