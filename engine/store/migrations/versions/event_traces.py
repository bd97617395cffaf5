"""The trace that an event belongs to, so that each attempt to deliver it is found beside its call."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; events from before belong to none."""
    with op.batch_alter_table("events") as events:
        events.add_column(sa.Column("traceparent", sa.Text(), nullable=False, server_default=""))
