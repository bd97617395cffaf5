"""The language of a recording that becomes text."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; recordings before were listened to in English."""
    with op.batch_alter_table("transcriptions") as transcriptions:
        transcriptions.add_column(sa.Column("language", sa.Text(), nullable=False, server_default="en-US"))
    with op.batch_alter_table("transcriptions") as transcriptions:
        transcriptions.alter_column("language", server_default=None)
