"""The tables, as classes whose objects are plain rows: make one, change it, ``store.save(row)``.

A row is never attached to a database session. Saving copies its present values, so the owner may go
on changing it. Column names follow rest-api.md; what the reference calls ``from`` is ``from_``.
"""

import enum
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Index, MetaData, Text, TypeDecorator, text
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from engine.utf8 import storable

API_VERSION = "2012-04-24"


def utc_now() -> datetime:
    """Return the time now; all times in the store are UTC."""
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. SQLite keeps no time zone, so it is stored as UTC without one and given back with it."""

    impl = DateTime
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What the column's values are."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without zone: it would be somebody's local time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; use utc_now()")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        return None if value is None else value.replace(tzinfo=UTC)


class StoredText(TypeDecorator[str]):
    """A text that every database takes: peers may send bytes that are no UTF-8, and PostgreSQL has no NUL."""

    impl = Text
    cache_ok = True

    @property
    def python_type(self) -> type[str]:
        """What the column's values are."""
        return str

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Leave out or replace what cannot be stored, rather than hold up this row and all others."""
        return None if value is None else storable(value)


class Source(enum.StrEnum):
    """Who made a number, client or trunk."""

    FILE = "file"
    API = "api"


class CallStatus(enum.StrEnum):
    """The states of rcml.md section 3.2."""

    QUEUED = "queued"
    RINGING = "ringing"
    WAIT_FOR_ANSWER = "wait-for-answer"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    NOT_FOUND = "not-found"
    CANCELED = "canceled"


class ConferenceStatus(enum.StrEnum):
    """The states of rest-api.md section 3."""

    INITIALIZING = "RUNNING_INITIALIZING"
    MODERATOR_ABSENT = "RUNNING_MODERATOR_ABSENT"
    MODERATOR_PRESENT = "RUNNING_MODERATOR_PRESENT"
    STOPPING = "STOPPING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


LIVE_STATUSES = (
    CallStatus.QUEUED,
    CallStatus.RINGING,
    CallStatus.WAIT_FOR_ANSWER,
    CallStatus.IN_PROGRESS,
)


class Row(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """What all tables share."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: StoredText(),
        datetime: UtcDateTime(),
        list[str]: JSON(),
        list[list[str]]: JSON(),
        dict[str, Any]: JSON(none_as_null=True),
    }
    # Names of constraints are part of the schema: migrations refer to them.
    metadata = MetaData(
        naming_convention={"pk": "pk_%(table_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s"}
    )

    @classmethod
    @cache
    def attributes(cls) -> tuple[str, ...]:
        """Return the attribute names of the columns, in the order of declaration."""
        return tuple(column.key for column in cls.__mapper__.column_attrs)

    def values(self) -> dict[str, Any]:
        """Return a copy of the row's columns by attribute name."""
        # Not by getattr: SQLAlchemy's descriptors take 70 microseconds for a row of a call. What was left
        # to its default is not there, and only they know it.
        present = self.__dict__
        return {name: present[name] if name in present else getattr(self, name) for name in self.attributes()}


def _created() -> Any:
    return mapped_column(default_factory=utc_now)


class InstanceRow(Row):
    """One server that writes to this store."""

    __tablename__ = "instances"

    sid: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    date_created: Mapped[datetime] = _created()


class AccountRow(Row):
    """An account: who owns calls, and the key that signs what we send for it."""

    __tablename__ = "accounts"
    __table_args__ = (Index("ix_accounts_parent_sid", "parent_sid"),)

    sid: Mapped[str] = mapped_column(primary_key=True)
    auth_token: Mapped[str] = mapped_column(repr=False)
    parent_sid: Mapped[str | None] = mapped_column(default=None)
    friendly_name: Mapped[str] = mapped_column(default="")
    email_address: Mapped[str | None] = mapped_column(default=None, unique=True)
    type: Mapped[str] = mapped_column(default="Full")
    status: Mapped[str] = mapped_column(default="active")
    role: Mapped[str] = mapped_column(default="Administrator")
    date_created: Mapped[datetime] = _created()
    date_updated: Mapped[datetime] = _created()


class CallRow(Row):
    """One call, live or ended (rest-api.md section 2.2)."""

    __tablename__ = "calls"
    __table_args__ = (
        # Each list of calls in its order; sid makes the order total, and a page needs no other look.
        Index("ix_calls_account_sid_date_created", "account_sid", "date_created", "sid"),
        Index("ix_calls_account_sid_from", "account_sid", "from", "date_created", "sid"),
        Index("ix_calls_account_sid_to", "account_sid", "to", "date_created", "sid"),
        Index("ix_calls_account_sid_status", "account_sid", "status", "date_created", "sid"),
        Index(
            "ix_calls_account_sid_parent",
            *("account_sid", "parent_call_sid", "date_created", "sid"),
            # Most calls have no parent, and nobody looks for those.
            sqlite_where=text("parent_call_sid IS NOT NULL"),
            postgresql_where=text("parent_call_sid IS NOT NULL"),
        ),
        Index("ix_calls_status", "status"),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    instance_sid: Mapped[str]
    from_: Mapped[str] = mapped_column("from")
    to: Mapped[str]
    direction: Mapped[str]
    status: Mapped[str]
    date_created: Mapped[datetime] = _created()
    date_updated: Mapped[datetime] = _created()
    parent_call_sid: Mapped[str | None] = mapped_column(default=None)
    phone_number_sid: Mapped[str | None] = mapped_column(default=None)
    start_time: Mapped[datetime | None] = mapped_column(default=None)
    """When it was answered."""
    end_time: Mapped[datetime | None] = mapped_column(default=None)
    duration: Mapped[int | None] = mapped_column(default=None)
    """Seconds; inbound: from the answer; outbound: talk time."""
    ring_duration: Mapped[int | None] = mapped_column(default=None)
    """Seconds of ringing, outbound only."""
    caller_name: Mapped[str | None] = mapped_column(default=None)
    forwarded_from: Mapped[str | None] = mapped_column(default=None)
    answered_by: Mapped[str | None] = mapped_column(default=None)
    api_version: Mapped[str] = mapped_column(default=API_VERSION)
    sip_call_id: Mapped[str | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(default=None)
    """Why it ended as it did, such as ``engine_restart``."""
    status_callback: Mapped[str] = mapped_column(default="")
    """Who is told of the end of a leg that we made; empty for nobody, and for calls that came in."""
    status_callback_method: Mapped[str] = mapped_column(default="POST")
    quality: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    """How its leg sounded, in the words of :mod:`engine.call_quality`; None for one without sound."""


class RecordingRow(Row):
    """One recording; its sound is ``<recordings>/<sid>.wav`` (rest-api.md section 5)."""

    __tablename__ = "recordings"
    __table_args__ = (
        Index("ix_recordings_account_sid_date_created", "account_sid", "date_created", "sid"),
        Index("ix_recordings_call_sid", "call_sid"),
        Index("ix_recordings_conference_sid", "conference_sid"),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    call_sid: Mapped[str]
    instance_sid: Mapped[str]
    duration: Mapped[float] = mapped_column(default=0.0)
    """Seconds."""
    status: Mapped[str] = mapped_column(default="in-progress")
    """``in-progress``, ``paused``, ``completed``, ``failed``, or ``absent`` until it is removed."""
    channels: Mapped[int] = mapped_column(default=1)
    source: Mapped[str] = mapped_column(default="")
    """Who made it, in Twilio's words, such as ``DialVerb``."""
    conference_sid: Mapped[str | None] = mapped_column(default=None)
    """Set for the mix of a conference; the call is then that of the participant who wanted it."""
    status_callback: Mapped[str] = mapped_column(default="")
    """Who is told how it ends, also when that is a crash; empty for nobody."""
    status_callback_method: Mapped[str] = mapped_column(default="POST")
    status_callback_events: Mapped[list[str]] = mapped_column(default_factory=list)
    date_created: Mapped[datetime] = _created()
    date_updated: Mapped[datetime] = _created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)


class ConferenceRow(Row):
    """One conference, live or ended (rest-api.md section 3)."""

    __tablename__ = "conferences"
    __table_args__ = (
        Index("ix_conferences_account_sid_date_created", "account_sid", "date_created", "sid"),
        Index("ix_conferences_status", "status"),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    instance_sid: Mapped[str]
    friendly_name: Mapped[str]
    status: Mapped[str] = mapped_column(default=ConferenceStatus.INITIALIZING)
    reason: Mapped[str | None] = mapped_column(default=None)
    """Why it ended, in the words of `ReasonConferenceEnded`, or ``engine_restart``."""
    call_sid_ending: Mapped[str | None] = mapped_column(default=None)
    """The call whose leaving ended it."""
    end_callback: Mapped[str] = mapped_column(default="")
    """URL of the application that is to hear of its end, also when that is a crash; empty: of none."""
    end_callback_method: Mapped[str] = mapped_column(default="POST")
    events_told: Mapped[int] = mapped_column(default=0)
    date_created: Mapped[datetime] = _created()
    date_updated: Mapped[datetime] = _created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)


class QueueRow(Row):
    """One queue, used or not; those who wait in it are no rows, since they end with their calls."""

    __tablename__ = "queues"
    __table_args__ = (
        Index("ix_queues_account_sid_friendly_name", "account_sid", "friendly_name", unique=True),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    friendly_name: Mapped[str]
    max_size: Mapped[int]
    """How many may wait at once."""
    date_created: Mapped[datetime] = _created()
    date_updated: Mapped[datetime] = _created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)


class NotificationRow(Row):
    """What went wrong with a call, and with which request (rest-api.md section 12)."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_account_sid_date_created", "account_sid", "date_created", "sid"),
        Index("ix_notifications_call_sid", "call_sid"),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    error_code: Mapped[int]
    message_text: Mapped[str]
    call_sid: Mapped[str | None] = mapped_column(default=None)
    log: Mapped[int] = mapped_column(default=0)
    """0 error, 1 warning."""
    more_info: Mapped[str] = mapped_column(default="")
    message_date: Mapped[datetime] = _created()
    request_url: Mapped[str] = mapped_column(default="")
    request_method: Mapped[str] = mapped_column(default="")
    request_variables: Mapped[str] = mapped_column(default="")
    response_headers: Mapped[str] = mapped_column(default="")
    response_body: Mapped[str] = mapped_column(default="")
    date_created: Mapped[datetime] = _created()
    date_updated: Mapped[datetime] = _created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)


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
    date_created: Mapped[datetime] = _created()
    date_updated: Mapped[datetime] = _created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)


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
    released: Mapped[bool] = mapped_column(default=False)
    """Left behind by a closed account: calls to it are refused, and any account may take it."""
    source: Mapped[str] = mapped_column(default=Source.API)
    date_created: Mapped[datetime] = _created()
    date_updated: Mapped[datetime] = _created()
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
    date_created: Mapped[datetime] = _created()
    date_updated: Mapped[datetime] = _created()
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
    user_agent: Mapped[str] = mapped_column(default="")
    date_updated: Mapped[datetime] = _created()


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
    date_created: Mapped[datetime] = _created()
    date_updated: Mapped[datetime] = _created()


class EventRow(Row):
    """An event for an application: the outbox (see :mod:`engine.webhooks`)."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_state_position", "state", "position"),
        Index("ix_events_call_sid", "call_sid"),
        Index("ix_events_account_sid_date_created", "account_sid", "date_created", "sid"),
        Index("ix_events_account_sid_state", "account_sid", "state", "date_created", "sid"),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    """``EV`` and 32 hex digits: the Dialplane-Event-Id."""
    position: Mapped[int] = mapped_column(BigInteger)
    """Grows with each event of this store; events of one call are delivered in this order."""
    account_sid: Mapped[str]
    url: Mapped[str]
    call_sid: Mapped[str | None] = mapped_column(default=None)
    method: Mapped[str] = mapped_column(default="POST")
    parameters: Mapped[list[list[str]]] = mapped_column(default_factory=list)
    """Pairs of name and value, in order."""
    state: Mapped[str] = mapped_column(default="waiting")
    """``waiting``, ``delivered`` or ``given-up``."""
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt: Mapped[datetime] = _created()
    give_up_at: Mapped[datetime | None] = mapped_column(default=None)
    """When trying ends; None for a day after it was made."""
    last_error: Mapped[str] = mapped_column(default="")
    date_created: Mapped[datetime] = _created()
    date_updated: Mapped[datetime] = _created()


ALL: tuple[type[Row], ...] = (
    InstanceRow,
    AccountRow,
    ApplicationRow,
    NumberRow,
    ClientRow,
    RegistrationRow,
    TrunkRow,
    CallRow,
    ConferenceRow,
    QueueRow,
    RecordingRow,
    NotificationRow,
    EventRow,
)
"""In the order in which rows of one batch are written: owners before what they own."""
