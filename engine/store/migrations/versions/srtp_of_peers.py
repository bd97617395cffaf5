"""Whether the sound of a trunk's or a client's calls is encrypted."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was there before follows the default of the configuration."""
    for table in ("trunks", "clients"):
        with op.batch_alter_table(table) as peers:
            peers.add_column(sa.Column("srtp", sa.Text(), nullable=False, server_default=""))
