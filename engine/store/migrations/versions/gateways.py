"""What Restcomm's Gateways tell of a trunk that we did not keep."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; trunks of before are registered for an hour at a time, as they were."""
    op.add_column(
        "trunks", sa.Column("register_expires", sa.Integer(), nullable=False, server_default="3600")
    )
    op.add_column("trunks", sa.Column("friendly_name", sa.Text(), nullable=False, server_default=""))
