"""The tables of accounts, calls and what calls leave: make a row, change it, ``store.save(row)``."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from engine.store.row import Row, created
from rcml.api_version import API_VERSION


def _partial_index(name: str, *columns: str, where: str) -> Index:
    """Declare an index of some rows; migrations make it, in PostgreSQL too.

    To name ``postgresql_where`` here would load that dialect in every start: 3 % of it.
    """
    return Index(name, *columns, sqlite_where=text(where))


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


class InstanceRow(Row):
    """One server that writes to this store."""

    __tablename__ = "instances"

    sid: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    date_created: Mapped[datetime] = created()


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
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()


class CallRow(Row):
    """One call, live or ended (rest-api.md section 2.2)."""

    __tablename__ = "calls"
    __table_args__ = (
        # Each list of calls in its order; sid makes the order total, and a page needs no other look.
        Index("ix_calls_account_sid_date_created", "account_sid", "date_created", "sid"),
        Index("ix_calls_account_sid_from", "account_sid", "from", "date_created", "sid"),
        Index("ix_calls_account_sid_to", "account_sid", "to", "date_created", "sid"),
        Index("ix_calls_account_sid_status", "account_sid", "status", "date_created", "sid"),
        # Most calls have no parent, and nobody looks for those.
        _partial_index(
            "ix_calls_account_sid_parent",
            *("account_sid", "parent_call_sid", "date_created", "sid"),
            where="parent_call_sid IS NOT NULL",
        ),
        Index("ix_calls_status", "status"),
        _partial_index("ix_calls_conference_sid", "conference_sid", where="conference_sid IS NOT NULL"),
        # What cost money lately, looked for at each start.
        _partial_index("ix_calls_start_time", "start_time", where="trunk <> ''"),
    )

    sid: Mapped[str] = mapped_column(primary_key=True)
    account_sid: Mapped[str]
    instance_sid: Mapped[str]
    from_: Mapped[str] = mapped_column("from")
    to: Mapped[str]
    direction: Mapped[str]
    status: Mapped[str]
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
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
    trunk: Mapped[str] = mapped_column(default="")
    """The trunk through which an answered leg of ours went; empty for none."""
    payer: Mapped[str] = mapped_column(default="")
    """The client that answers for what it costs; empty for none."""
    conference_sid: Mapped[str | None] = mapped_column(default=None)
    """The conference that it was in last."""
    quality: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    """How its leg sounded, in the words of :mod:`engine.journal.call_quality`; None for one without sound."""


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
    track: Mapped[str] = mapped_column(default="both")
    """``inbound``, what the party said, ``outbound``, what they heard, or ``both``."""
    conference_sid: Mapped[str | None] = mapped_column(default=None)
    """Set for the mix of a conference; the call is then that of the participant who wanted it."""
    status_callback: Mapped[str] = mapped_column(default="")
    """Who is told how it ends, also when that is a crash; empty for nobody."""
    status_callback_method: Mapped[str] = mapped_column(default="POST")
    status_callback_events: Mapped[list[str]] = mapped_column(default_factory=list)
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
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
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
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
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
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
    message_date: Mapped[datetime] = created()
    request_url: Mapped[str] = mapped_column(default="")
    request_method: Mapped[str] = mapped_column(default="")
    request_variables: Mapped[str] = mapped_column(default="")
    response_headers: Mapped[str] = mapped_column(default="")
    response_body: Mapped[str] = mapped_column(default="")
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()
    api_version: Mapped[str] = mapped_column(default=API_VERSION)


class EventRow(Row):
    """An event for an application: the outbox (see :mod:`engine.requests.webhooks`)."""

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
    next_attempt: Mapped[datetime] = created()
    give_up_at: Mapped[datetime | None] = mapped_column(default=None)
    """When trying ends; None for a day after it was made."""
    last_error: Mapped[str] = mapped_column(default="")
    traceparent: Mapped[str] = mapped_column(default="", server_default="")
    """The span that made it, as W3C Trace Context writes it; empty when none was recorded."""
    date_created: Mapped[datetime] = created()
    date_updated: Mapped[datetime] = created()


ALL: tuple[type[Row], ...] = (
    InstanceRow,
    AccountRow,
    CallRow,
    ConferenceRow,
    QueueRow,
    RecordingRow,
    NotificationRow,
    EventRow,
)
"""In the order in which rows of one batch are written: owners before what they own."""
