"""Through which trunk a leg went and who pays for it, so that a restart knows the minutes of the day."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of the calls before it is unknown."""
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("trunk", sa.Text(), nullable=False, server_default=""))
        calls.add_column(sa.Column("payer", sa.Text(), nullable=False, server_default=""))
    some = sa.text("trunk <> ''")
    op.create_index("ix_calls_start_time", "calls", ["start_time"], sqlite_where=some, postgresql_where=some)
