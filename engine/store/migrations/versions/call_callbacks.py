"""Who is told of the end of a leg that we made, kept for the case that the process dies first."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; calls from before tell nobody."""
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("status_callback", sa.Text(), nullable=False, server_default=""))
        calls.add_column(
            sa.Column("status_callback_method", sa.Text(), nullable=False, server_default="POST")
        )
