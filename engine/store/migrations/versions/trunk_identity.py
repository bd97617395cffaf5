"""In which header a trunk is told who calls."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was there before keeps its behaviour."""
    with op.batch_alter_table("trunks") as trunks:
        trunks.add_column(
            sa.Column("identity", sa.Text(), nullable=False, server_default="p-asserted-identity")
        )
