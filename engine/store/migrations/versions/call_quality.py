"""How the sound of a call's leg was."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nothing is known of the calls before."""
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("quality", sa.JSON(), nullable=True))
