"""Users, keys and caller ids, traces of HTTP and SIP, and numbers that a closed account left behind."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; no number was left behind before, and no client is woken by a push."""
    _make_users_and_keys()
    _make_caller_ids()
    _make_traces()
    with op.batch_alter_table("numbers") as numbers:
        numbers.add_column(sa.Column("released", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("clients") as clients:
        clients.add_column(sa.Column("push_client_identity", sa.Text(), nullable=True))
    op.create_index("ix_accounts_parent_sid", "accounts", ["parent_sid"])


def _make_users_and_keys() -> None:
    op.create_table(
        "users",
        *_text("sid", "account_sid", "email_address", "password_hash", "role"),
        sa.Column("scopes", sa.JSON(), nullable=False),
        *_text("name", "phone_number", "status"),
        *_dates("date_created", "date_updated"),
        *_text("api_version"),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_users")),
        sa.UniqueConstraint("email_address", name=op.f("uq_users_email_address")),
    )
    op.create_index("ix_users_account_sid", "users", ["account_sid"])
    op.create_table(
        "api_keys",
        *_text("sid", "account_sid", "secret_hash", "role"),
        sa.Column("scopes", sa.JSON(), nullable=False),
        *_text("friendly_name"),
        sa.Column("user_sid", sa.Text(), nullable=True),
        *_dates("date_created", "date_updated"),
        *_text("api_version"),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_api_keys")),
    )
    op.create_index("ix_api_keys_account_sid", "api_keys", ["account_sid"])
    op.create_index("ix_api_keys_user_sid", "api_keys", ["user_sid"])


def _make_caller_ids() -> None:
    op.create_table(
        "outgoing_caller_ids",
        *_text("sid", "account_sid", "phone_number", "friendly_name"),
        *_dates("date_created", "date_updated"),
        *_text("api_version"),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_outgoing_caller_ids")),
    )
    op.create_index("ix_outgoing_caller_ids_account_sid", "outgoing_caller_ids", ["account_sid"])


def _make_traces() -> None:
    op.create_table(
        "traces",
        *_text("sid", "account_sid"),
        sa.Column("session_sid", sa.Text(), nullable=True),
        *_text("direction", "method", "url"),
        sa.Column("request_headers", sa.JSON(), nullable=False),
        *_text("request_body"),
        sa.Column("latency_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        *_text("problem"),
        sa.Column("response_headers", sa.JSON(), nullable=False),
        *_text("response_body"),
        *_dates("date_created"),
        *_text("api_version"),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_traces")),
    )
    op.create_index("ix_traces_account_sid_date_created", "traces", ["account_sid", "date_created"])
    op.create_index("ix_traces_session_sid", "traces", ["session_sid"])
    op.create_index("ix_traces_date_created", "traces", ["date_created"])
    op.create_table(
        "ladders",
        *_text("sid", "account_sid"),
        sa.Column("steps", sa.JSON(), nullable=False),
        *_dates("date_created"),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_ladders")),
    )
    op.create_index("ix_ladders_date_created", "ladders", ["date_created"])


def _text(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.Text(), nullable=False) for name in names)


def _dates(*names: str) -> tuple[sa.Column[object], ...]:
    return tuple(sa.Column(name, sa.DateTime(), nullable=False) for name in names)
