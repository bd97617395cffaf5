"""Rows of what an operator provisions: applications, numbers, clients, their registrations, trunks."""

import enum
from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.row import Row, created
from rcml.api_version import API_VERSION


class Source(enum.StrEnum):
    """Who made a number, client or trunk."""

    FILE = "file"
    API = "api"


class ApplicationRow(Row):
    """URLs under a name, for the numbers and clients that name it (rest-api.md section 9)."""

    __tablename__ = "applications"
    __table_args__ = (Index("ix_applications_account_sid", "account_sid"),)

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    friendly_name: Mapped[str] = mapped_column(default="")
    voice_url: Mapped[str] = mapped_column(default="")
    voice_method: Mapped[str] = mapped_column(default="POST")
    voice_fallback_url: Mapped[str] = mapped_column(default="")
    voice_fallback_method: Mapped[str] = mapped_column(default="POST")
    status_callback: Mapped[str] = mapped_column(default="")
    status_callback_method: Mapped[str] = mapped_column(default="POST")
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)
    kind: Mapped[str] = mapped_column(default="voice")
    """``voice`` or ``sms``: what its ``RcmlUrl`` answers in Restcomm's dialect."""
    sms_url: Mapped[str] = mapped_column(default="")
    sms_method: Mapped[str] = mapped_column(default="POST")
    sms_fallback_url: Mapped[str] = mapped_column(default="")
    sms_fallback_method: Mapped[str] = mapped_column(default="POST")


class NumberRow(Row):
    """A number callers may dial (rest-api.md section 11)."""

    __tablename__ = "numbers"
    __table_args__ = (Index("ix_numbers_account_sid", "account_sid"),)

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    phone_number: Mapped[str] = mapped_column(unique=True)
    """The number, or the pattern when ``is_regex``."""
    is_regex: Mapped[bool] = mapped_column(default=False)
    friendly_name: Mapped[str] = mapped_column(default="")
    voice_url: Mapped[str] = mapped_column(default="")
    voice_method: Mapped[str] = mapped_column(default="POST")
    voice_fallback_url: Mapped[str] = mapped_column(default="")
    voice_fallback_method: Mapped[str] = mapped_column(default="POST")
    voice_application_sid: Mapped[str | None] = mapped_column(default=None)
    status_callback: Mapped[str] = mapped_column(default="")
    status_callback_method: Mapped[str] = mapped_column(default="POST")
    sms_url: Mapped[str] = mapped_column(default="")
    sms_method: Mapped[str] = mapped_column(default="POST")
    sms_fallback_url: Mapped[str] = mapped_column(default="")
    sms_fallback_method: Mapped[str] = mapped_column(default="POST")
    refer_url: Mapped[str] = mapped_column(default="")
    refer_method: Mapped[str] = mapped_column(default="POST")
    refer_application_sid: Mapped[str | None] = mapped_column(default=None)
    sms_application_sid: Mapped[str | None] = mapped_column(default=None)
    kind: Mapped[str] = mapped_column(default="local")
    """``local``, ``toll-free`` or ``mobile``, as who made it said: nothing follows from it here."""
    released: Mapped[bool] = mapped_column(default=False)
    """Left behind by a closed account: calls to it are refused, and any account may take it."""
    source: Mapped[str] = mapped_column(default=Source.API)
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)


class ClientRow(Row):
    """A SIP user. The password is kept as digest HA1 hashes only (RFC 7616 section 3.4.2)."""

    __tablename__ = "clients"
    __table_args__ = (Index("ix_clients_account_sid", "account_sid"),)

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    login: Mapped[str] = mapped_column(unique=True)
    ha1_md5: Mapped[str] = mapped_column(repr=False)
    """Hex MD5 of ``login:realm:password``."""
    ha1_sha256: Mapped[str] = mapped_column(repr=False)
    """Hex SHA-256 of the same."""
    friendly_name: Mapped[str] = mapped_column(default="")
    status: Mapped[int] = mapped_column(default=1)
    """1 enabled, 0 disabled."""
    voice_url: Mapped[str] = mapped_column(default="")
    voice_method: Mapped[str] = mapped_column(default="POST")
    voice_fallback_url: Mapped[str] = mapped_column(default="")
    voice_fallback_method: Mapped[str] = mapped_column(default="POST")
    voice_application_sid: Mapped[str | None] = mapped_column(default=None)
    srtp: Mapped[str] = mapped_column(default="")
    """As a trunk's."""
    push_client_identity: Mapped[str | None] = mapped_column(default=None)
    """By what name a push service would wake it; None for one that is not to be woken."""
    source: Mapped[str] = mapped_column(default=Source.API)
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)


class RegistrationRow(Row):
    """One contact of a client, and the way its REGISTER came."""

    __tablename__ = "registrations"
    __table_args__ = (
        Index("ix_registrations_login", "login"),
        Index("ix_registrations_expires_at", "expires_at"),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    login: Mapped[str]
    contact: Mapped[str]
    """The Contact value, with all parameters but ``expires``."""
    call_id: Mapped[str]
    cseq: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[datetime]
    transport: Mapped[str]
    local_host: Mapped[str]
    local_port: Mapped[int]
    remote_host: Mapped[str]
    remote_port: Mapped[int]
    path: Mapped[str] = mapped_column(default="")
    """The proxies between us and the contact: a Path value (RFC 3327)."""
    user_agent: Mapped[str] = mapped_column(default="")
    date_updated: Mapped[datetime] = created()


class TrunkRow(Row):
    """A carrier or PBX. The password is kept as it is: we have to answer challenges with it."""

    __tablename__ = "trunks"

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    name: Mapped[str] = mapped_column(unique=True)
    uri: Mapped[str]
    username: Mapped[str] = mapped_column(default="")
    password: Mapped[str] = mapped_column(default="", repr=False)
    register: Mapped[bool] = mapped_column(default=False)
    register_expires: Mapped[int] = mapped_column(default=3600)
    """Seconds for which we ask to be registered."""
    friendly_name: Mapped[str] = mapped_column(default="")
    """What Restcomm's Gateways call it; empty: its name."""
    allow_from: Mapped[list[str]] = mapped_column(default_factory=list)
    prefixes: Mapped[list[str]] = mapped_column(default_factory=list)
    codecs: Mapped[list[str]] = mapped_column(default_factory=list)
    realm: Mapped[str] = mapped_column(default="")
    """The only realm whose challenges are answered; empty: what the trunk's host asks for."""
    number_format: Mapped[str] = mapped_column(default="dialled")
    """``dialled``, ``e164`` or ``digits``."""
    identity: Mapped[str] = mapped_column(default="p-asserted-identity")
    """Where the caller is told: ``p-asserted-identity``, ``remote-party-id``, ``both`` or ``none``."""
    srtp: Mapped[str] = mapped_column(default="")
    """``off``, ``preferred`` or ``required``; empty where the configuration's default counts."""
    source: Mapped[str] = mapped_column(default=Source.API)
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()


PROVISIONED_TABLES: tuple[type[Row], ...] = (ApplicationRow, NumberRow, ClientRow, RegistrationRow, TrunkRow)
