"""Usage triggers."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_TEXTS = (
    *("account_sid", "usage_category", "callback_url", "callback_method", "friendly_name", "trigger_by"),
    *("recurring", "api_version"),
)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "usage_triggers",
        sa.Column("sid", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("trigger_value", "current_value")),
        sa.Column("date_fired", sa.DateTime(), nullable=True),
        *(sa.Column(name, sa.DateTime(), nullable=False) for name in ("date_created", "date_updated")),
        sa.PrimaryKeyConstraint("sid", name="pk_usage_triggers"),
    )
    op.create_index(
        "ix_usage_triggers_account_sid_date_created", "usage_triggers", ["account_sid", "date_created", "sid"]
    )
