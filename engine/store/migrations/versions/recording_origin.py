"""How many channels a recording has, and who made it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; recordings from before are shown as mono, of nobody."""
    with op.batch_alter_table("recordings") as recordings:
        recordings.add_column(sa.Column("channels", sa.Integer(), nullable=False, server_default="1"))
        recordings.add_column(sa.Column("source", sa.Text(), nullable=False, server_default=""))
