"""Which tracks of a call a recording has."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; recordings made before have both tracks."""
    with op.batch_alter_table("recordings") as recordings:
        recordings.add_column(sa.Column("track", sa.Text(), nullable=False, server_default="both"))
