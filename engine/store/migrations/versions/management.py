"""Applications; how many channels a recording has, and who made it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_URLS = ("voice_url", "voice_fallback_url", "status_callback")


def upgrade() -> None:
    """Make the table and the columns; recordings from before are shown as mono, of nobody."""
    with op.batch_alter_table("recordings") as recordings:
        recordings.add_column(sa.Column("channels", sa.Integer(), nullable=False, server_default="1"))
        recordings.add_column(sa.Column("source", sa.Text(), nullable=False, server_default=""))
    names = (
        "sid",
        "account_sid",
        "friendly_name",
        *_URLS,
        *(f"{url.removesuffix('_url')}_method" for url in _URLS),
    )
    op.create_table(
        "applications",
        *(sa.Column(name, sa.Text(), nullable=False) for name in names),
        sa.Column("date_created", sa.DateTime(), nullable=False),
        sa.Column("date_updated", sa.DateTime(), nullable=False),
        sa.Column("api_version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name="pk_applications"),
    )
    op.create_index("ix_applications_account_sid", "applications", ["account_sid"])
