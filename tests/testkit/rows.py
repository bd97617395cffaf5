"""One row of every kind that the REST API shows."""

from __future__ import annotations

from engine.store import (
    ApiKeyRow,
    ApplicationRow,
    CallerIdRow,
    CallRow,
    ClientRow,
    ConferenceRow,
    EmailRow,
    EventRow,
    ExecutionRow,
    MessageRow,
    NotificationRow,
    NumberRow,
    QueueRow,
    RecordingRow,
    TraceRow,
    TranscriptionRow,
    TrunkRow,
    UsageTriggerRow,
    UserRow,
)
from engine.store.row import Row

DIGITS = "9" * 32
"""Of every row."""


def owned(account: str) -> list[Row]:
    """Make one row of every resource for an account."""
    return [
        CallRow(
            sid=f"CA{DIGITS}", account_sid=account, instance_sid="ID", from_="a", to="b", direction="inbound",
            status="completed",
        ),
        ConferenceRow(sid=f"CF{DIGITS}", account_sid=account, instance_sid="ID", friendly_name="room"),
        RecordingRow(
            sid=f"RE{DIGITS}", account_sid=account, call_sid=f"CA{DIGITS}", instance_sid="ID",
            status="completed",
        ),
        QueueRow(sid=f"QU{DIGITS}", account_sid=account, friendly_name="queue", max_size=1),
        TranscriptionRow(
            sid=f"TR{DIGITS}", account_sid=account, recording_sid=f"RE{DIGITS}", call_sid=f"CA{DIGITS}",
            instance_sid="ID", status="completed",
        ),
        NotificationRow(sid=f"NO{DIGITS}", account_sid=account, error_code=1, message_text=""),
        NumberRow(sid=f"PN{DIGITS}", account_sid=account, phone_number="1"),
        ClientRow(sid=f"CL{DIGITS}", account_sid=account, login="x", ha1_md5="", ha1_sha256=""),
        TrunkRow(sid=f"TK{DIGITS}", account_sid=account, name="x", uri="sip:x"),
        EventRow(sid=f"EV{DIGITS}", account_sid=account, position=1, url="http://a/", state="delivered"),
        ApplicationRow(sid=f"AP{DIGITS}", account_sid=account),
        MessageRow(sid=f"SM{DIGITS}", account_sid=account, from_="a", to="b", body="", direction="inbound"),
        CallerIdRow(sid=f"PN{DIGITS}", account_sid=account, phone_number="+1555", friendly_name="x"),
        ApiKeyRow(sid=f"SK{DIGITS}", account_sid=account, secret_hash="", role="Developer"),
        TraceRow(
            sid=f"TX{DIGITS}", account_sid=account, session_sid=None, direction="inbound", method="GET",
            url="http://a/", request_headers=[], request_body="", latency_ms=1,
        ),
        UserRow(
            sid=f"US{DIGITS}", account_sid=account, email_address="x@y.z", password_hash="", role="Developer"
        ),
        EmailRow(sid=f"EM{DIGITS}", account_sid=account, from_="a", to="b", subject="", body=""),
        UsageTriggerRow(
            sid=f"UT{DIGITS}", account_sid=account, usage_category="calls", trigger_value=1,
            callback_url="http://a/",
        ),
        ExecutionRow(
            sid=f"SA{DIGITS}", account_sid=account, call_sid=f"CA{DIGITS}", verb="", status="completed"
        ),
    ]  # fmt: skip


def owned_by_kind(account: str) -> dict[type[Row], Row]:
    """Return the same by their table."""
    return {type(row): row for row in owned(account)}
