"""The first tables: from instances and accounts to calls, recordings and events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_accounts()
    _make_calls()
    _make_clients()
    _make_events()
    _make_instances()
    _make_notifications()
    _make_numbers()
    _make_recordings()
    _make_trunks()


def _make_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("auth_token", sa.Text(), nullable=False),
        sa.Column("parent_sid", sa.Text(), nullable=True),
        sa.Column("friendly_name", sa.Text(), nullable=False),
        sa.Column("email_address", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("date_created", sa.DateTime(), nullable=False),
        sa.Column("date_updated", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email_address", name=op.f("uq_accounts_email_address")),
    )


def _make_calls() -> None:
    op.create_table(
        "calls",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("instance_sid", sa.Text(), nullable=False),
        sa.Column("from", sa.Text(), nullable=False),
        sa.Column("to", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("date_created", sa.DateTime(), nullable=False),
        sa.Column("date_updated", sa.DateTime(), nullable=False),
        sa.Column("parent_call_sid", sa.Text(), nullable=True),
        sa.Column("phone_number_sid", sa.Text(), nullable=True),
        sa.Column("start_time", sa.DateTime(), nullable=True),
        sa.Column("end_time", sa.DateTime(), nullable=True),
        sa.Column("duration", sa.Integer(), nullable=True),
        sa.Column("ring_duration", sa.Integer(), nullable=True),
        sa.Column("caller_name", sa.Text(), nullable=True),
        sa.Column("forwarded_from", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("api_version", sa.Text(), nullable=False),
        sa.Column("sip_call_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_calls")),
    )
    op.create_index(
        "ix_calls_account_sid_date_created", "calls", ["account_sid", "date_created"], unique=False
    )
    op.create_index("ix_calls_parent_call_sid", "calls", ["parent_call_sid"], unique=False)
    op.create_index("ix_calls_status", "calls", ["status"], unique=False)


def _make_clients() -> None:
    op.create_table(
        "clients",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("ha1_md5", sa.Text(), nullable=False),
        sa.Column("ha1_sha256", sa.Text(), nullable=False),
        sa.Column("friendly_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("voice_url", sa.Text(), nullable=False),
        sa.Column("voice_method", sa.Text(), nullable=False),
        sa.Column("voice_fallback_url", sa.Text(), nullable=False),
        sa.Column("voice_fallback_method", sa.Text(), nullable=False),
        sa.Column("voice_application_sid", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("date_created", sa.DateTime(), nullable=False),
        sa.Column("date_updated", sa.DateTime(), nullable=False),
        sa.Column("api_version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_clients")),
        sa.UniqueConstraint("login", name=op.f("uq_clients_login")),
    )
    op.create_index("ix_clients_account_sid", "clients", ["account_sid"], unique=False)


def _make_events() -> None:
    op.create_table(
        "events",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt", sa.DateTime(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("date_created", sa.DateTime(), nullable=False),
        sa.Column("date_updated", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_events")),
    )
    op.create_index("ix_events_call_sid", "events", ["call_sid"], unique=False)
    op.create_index("ix_events_state_position", "events", ["state", "position"], unique=False)


def _make_instances() -> None:
    op.create_table(
        "instances",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("date_created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_instances")),
        sa.UniqueConstraint("name", name=op.f("uq_instances_name")),
    )


def _make_notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=False),
        sa.Column("message_text", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=True),
        sa.Column("log", sa.Integer(), nullable=False),
        sa.Column("more_info", sa.Text(), nullable=False),
        sa.Column("message_date", sa.DateTime(), nullable=False),
        sa.Column("request_url", sa.Text(), nullable=False),
        sa.Column("request_method", sa.Text(), nullable=False),
        sa.Column("request_variables", sa.Text(), nullable=False),
        sa.Column("response_headers", sa.Text(), nullable=False),
        sa.Column("response_body", sa.Text(), nullable=False),
        sa.Column("date_created", sa.DateTime(), nullable=False),
        sa.Column("date_updated", sa.DateTime(), nullable=False),
        sa.Column("api_version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_notifications")),
    )
    op.create_index(
        "ix_notifications_account_sid_date_created",
        "notifications",
        ["account_sid", "date_created"],
        unique=False,
    )
    op.create_index("ix_notifications_call_sid", "notifications", ["call_sid"], unique=False)


def _make_numbers() -> None:
    op.create_table(
        "numbers",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("phone_number", sa.Text(), nullable=False),
        sa.Column("is_regex", sa.Boolean(), nullable=False),
        sa.Column("friendly_name", sa.Text(), nullable=False),
        sa.Column("voice_url", sa.Text(), nullable=False),
        sa.Column("voice_method", sa.Text(), nullable=False),
        sa.Column("voice_fallback_url", sa.Text(), nullable=False),
        sa.Column("voice_fallback_method", sa.Text(), nullable=False),
        sa.Column("voice_application_sid", sa.Text(), nullable=True),
        sa.Column("status_callback", sa.Text(), nullable=False),
        sa.Column("status_callback_method", sa.Text(), nullable=False),
        sa.Column("refer_url", sa.Text(), nullable=False),
        sa.Column("refer_method", sa.Text(), nullable=False),
        sa.Column("refer_application_sid", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("date_created", sa.DateTime(), nullable=False),
        sa.Column("date_updated", sa.DateTime(), nullable=False),
        sa.Column("api_version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_numbers")),
        sa.UniqueConstraint("phone_number", name=op.f("uq_numbers_phone_number")),
    )
    op.create_index("ix_numbers_account_sid", "numbers", ["account_sid"], unique=False)


def _make_recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("call_sid", sa.Text(), nullable=False),
        sa.Column("instance_sid", sa.Text(), nullable=False),
        sa.Column("duration", sa.Double(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("date_created", sa.DateTime(), nullable=False),
        sa.Column("date_updated", sa.DateTime(), nullable=False),
        sa.Column("api_version", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_recordings")),
    )
    op.create_index(
        "ix_recordings_account_sid_date_created", "recordings", ["account_sid", "date_created"], unique=False
    )
    op.create_index("ix_recordings_call_sid", "recordings", ["call_sid"], unique=False)


def _make_trunks() -> None:
    op.create_table(
        "trunks",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("register", sa.Boolean(), nullable=False),
        sa.Column("allow_from", sa.JSON(), nullable=False),
        sa.Column("prefixes", sa.JSON(), nullable=False),
        sa.Column("codecs", sa.JSON(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("date_created", sa.DateTime(), nullable=False),
        sa.Column("date_updated", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_trunks")),
        sa.UniqueConstraint("name", name=op.f("uq_trunks_name")),
    )
