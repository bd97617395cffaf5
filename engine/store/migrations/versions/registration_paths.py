"""The proxies between us and a client that registered through them (RFC 3327)."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what registered before named no proxy that we took note of."""
    op.add_column("registrations", sa.Column("path", sa.Text(), nullable=False, server_default=""))
