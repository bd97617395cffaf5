"""Applications that answer texts, kinds of numbers, and the conference that a call was in."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_OF_APPLICATIONS = {
    **{"kind": "voice", "sms_url": "", "sms_method": "POST"},
    **{"sms_fallback_url": "", "sms_fallback_method": "POST"},
}


def upgrade() -> None:
    """Add the columns; an application of before answers calls, a number is a local one."""
    for name, default in _OF_APPLICATIONS.items():
        column = sa.Column(name, sa.Text(), nullable=False, server_default=default)
        op.add_column("applications", column)
    op.add_column("numbers", sa.Column("sms_application_sid", sa.Text(), nullable=True))
    op.add_column("numbers", sa.Column("kind", sa.Text(), nullable=False, server_default="local"))
    op.add_column("calls", sa.Column("conference_sid", sa.Text(), nullable=True))
    op.create_index(
        "ix_calls_conference_sid",
        "calls",
        ["conference_sid"],
        sqlite_where=sa.text("conference_sid IS NOT NULL"),
        postgresql_where=sa.text("conference_sid IS NOT NULL"),
    )
