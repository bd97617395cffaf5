"""Texts and mails, and what a number does with a text."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; numbers take no texts before somebody says so."""
    _make("sms_messages", sa.Column("direction", sa.Text(), nullable=False), *_of_a_text())
    _make("email_messages", sa.Column("subject", sa.Text(), nullable=False), *_of_a_mail())
    with op.batch_alter_table("numbers") as numbers:
        for name, usual in (
            ("sms_url", ""),
            ("sms_method", "POST"),
            ("sms_fallback_url", ""),
            ("sms_fallback_method", "POST"),
        ):
            numbers.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=usual))


def _of_a_text() -> tuple[sa.Column[object], ...]:
    return (sa.Column("headers", sa.JSON(), nullable=False),)


def _of_a_mail() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("cc", sa.Text(), nullable=False),
        sa.Column("bcc", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt", sa.DateTime(), nullable=False),
    )


def _make(table: str, *columns: sa.Column[object]) -> None:
    """Make a table of what texts and mails have in common, and more."""
    op.create_table(
        table,
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("from", sa.Text(), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=True),
        sa.Column("status_callback", sa.Text(), nullable=False),
        sa.Column("status_callback_method", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("date_sent", sa.DateTime(), nullable=True),
        sa.Column("date_created", sa.DateTime(), nullable=False),
        sa.Column("date_updated", sa.DateTime(), nullable=False),
        sa.Column("api_version", sa.Text(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("sid", name=op.f(f"pk_{table}")),
    )
    op.create_index(f"ix_{table}_account_sid_date_created", table, ["account_sid", "date_created"])
    op.create_index(f"ix_{table}_status", table, ["status"])
