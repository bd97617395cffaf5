"""Who may ask on behalf of an account, and what it was seen to exchange: more tables."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.row import Row, created
from rcml.api_version import API_VERSION


class UserRow(Row):
    """A person who signs in with an e-mail address and a password."""

    __tablename__ = "users"
    __table_args__ = (Index("ix_users_account_sid", "account_sid"),)

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    email_address: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str] = mapped_column(repr=False)
    """As :func:`engine.secrets_at_rest.hash_password` writes it."""
    role: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(default_factory=list)
    """What a scoped user may do, such as ``Calls:read``."""
    name: Mapped[str] = mapped_column(default="")
    phone_number: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="active")
    """``active`` or ``inactive``."""
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)
    password: str | None = field(default=None, repr=False)
    """Known in the moment it is made, to be told once; no column."""


class ApiKeyRow(Row):
    """A name and a secret by which a program asks for an account, with rights of its own."""

    __tablename__ = "api_keys"
    __table_args__ = (
        Index("ix_api_keys_account_sid", "account_sid"),
        Index("ix_api_keys_user_sid", "user_sid"),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(repr=False)
    """Hex SHA-256 of the secret, which has 256 bits of chance: nothing can be guessed from it."""
    role: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(default_factory=list)
    friendly_name: Mapped[str] = mapped_column(default="")
    user_sid: Mapped[str | None] = mapped_column(default=None)
    """The user whose key it is: it never may more than the user."""
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)
    secret: str | None = field(default=None, repr=False)
    """Known in the moment it is made, to be told once; no column."""


class CallerIdRow(Row):
    """A number that an account shows when it calls (rest-api.md section 17)."""

    __tablename__ = "outgoing_caller_ids"
    __table_args__ = (Index("ix_outgoing_caller_ids_account_sid", "account_sid"),)

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    phone_number: Mapped[str]
    friendly_name: Mapped[str]
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)


class TraceRow(Row):
    """One HTTP exchange with an application (rest-api.md section 14)."""

    __tablename__ = "traces"
    __table_args__ = (
        Index("ix_traces_account_sid_date_created", "account_sid", "date_created"),
        Index("ix_traces_session_sid", "session_sid"),
        Index("ix_traces_date_created", "date_created"),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    session_sid: Mapped[str | None]
    """The call it was about."""
    direction: Mapped[str]
    """``outbound``: we asked; ``inbound``: the application asked us."""
    method: Mapped[str]
    url: Mapped[str]
    request_headers: Mapped[list[list[str]]]
    request_body: Mapped[str]
    latency_ms: Mapped[int]
    status: Mapped[int | None] = mapped_column(default=None)
    """HTTP status; none when there was no answer."""
    problem: Mapped[str] = mapped_column(default="")
    """Why there was no usable answer."""
    response_headers: Mapped[list[list[str]]] = mapped_column(default_factory=list)
    response_body: Mapped[str] = mapped_column(default="")
    date_created: Mapped[datetime] = created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)


class LadderRow(Row):
    """The SIP messages of one leg, kept when it ended; ``sid`` is the call's."""

    __tablename__ = "ladders"
    __table_args__ = (Index("ix_ladders_date_created", "date_created"),)

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    steps: Mapped[list[list[str]]]
    """Seconds since the first message, ``->`` or ``<-``, peer, what it is, the message without secrets."""
    date_created: Mapped[datetime] = created()


ACCOUNT_TABLES: tuple[type[Row], ...] = (UserRow, ApiKeyRow, CallerIdRow, TraceRow, LadderRow)
"""In the order in which rows of one batch are written."""
