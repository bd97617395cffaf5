"""The tables of texts and mails (rest-api.md section 18)."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.row import Row, created
from rcml.api_version import API_VERSION


class MessageStatus(enum.StrEnum):
    """How far a text or a mail has come."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    """A carrier or a server took it."""
    DELIVERED = "delivered"
    """The recipient's telephone has it."""
    FAILED = "failed"
    RECEIVING = "receiving"
    """Taken from its sender; the application has not been asked yet."""
    RECEIVED = "received"


UNFINISHED = (MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.RECEIVING)
"""What a server that starts takes up again: each was acknowledged to somebody."""


class MessageRow(Row):
    """One text, sent or received."""

    __tablename__ = "sms_messages"
    __table_args__ = (
        Index("ix_sms_messages_account_sid_date_created", "account_sid", "date_created", "sid"),
        Index("ix_sms_messages_status", "status"),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    from_: Mapped[str] = mapped_column("from")
    to: Mapped[str]
    body: Mapped[str]
    direction: Mapped[str]
    """``inbound``, ``outbound-api``, ``outbound-call`` or ``outbound-reply``."""
    status: Mapped[str] = mapped_column(default=MessageStatus.QUEUED)
    call_sid: Mapped[str | None] = mapped_column(default=None)
    """The call whose document sent it."""
    headers: Mapped[list[list[str]]] = mapped_column(default_factory=list)
    """SIP headers sent or received with it, ``X-`` only: pairs of name and value."""
    status_callback: Mapped[str] = mapped_column(default="")
    status_callback_method: Mapped[str] = mapped_column(default="POST")
    error_code: Mapped[int | None] = mapped_column(default=None)
    error_message: Mapped[str | None] = mapped_column(default=None)
    date_sent: Mapped[datetime | None] = mapped_column(default=None)
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)


class EmailRow(Row):
    """One mail. Lists of addresses are separated by commas."""

    __tablename__ = "email_messages"
    __table_args__ = (
        Index("ix_email_messages_account_sid_date_created", "account_sid", "date_created", "sid"),
        Index("ix_email_messages_status", "status"),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    from_: Mapped[str] = mapped_column("from")
    to: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    cc: Mapped[str] = mapped_column(default="")
    bcc: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default=MessageStatus.QUEUED)
    call_sid: Mapped[str | None] = mapped_column(default=None)
    status_callback: Mapped[str] = mapped_column(default="")
    status_callback_method: Mapped[str] = mapped_column(default="POST")
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt: Mapped[datetime] = created()
    error_code: Mapped[int | None] = mapped_column(default=None)
    error_message: Mapped[str | None] = mapped_column(default=None)
    """Why the last attempt failed, also while there will be another."""
    date_sent: Mapped[datetime | None] = mapped_column(default=None)
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)


MESSAGE_TABLES: tuple[type[Row], ...] = (MessageRow, EmailRow)
