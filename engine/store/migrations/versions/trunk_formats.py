"""How a trunk wants numbers, and whose challenges its password answers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was there before keeps its behaviour."""
    with op.batch_alter_table("trunks") as trunks:
        trunks.add_column(sa.Column("realm", sa.Text(), nullable=False, server_default=""))
        trunks.add_column(sa.Column("number_format", sa.Text(), nullable=False, server_default="dialled"))
