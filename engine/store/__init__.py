"""Rows that outlive a process: calls, conferences, recordings, numbers, clients, trunks, events and more."""

from engine.store.message_rows import UNFINISHED, EmailRow, MessageRow, MessageStatus
from engine.store.provisioning import Adoption, adopt
from engine.store.recordings import RecordingFolder
from engine.store.recovery import Recovered, recover
from engine.store.store import Store
from engine.store.tables import (
    LIVE_STATUSES,
    AccountRow,
    CallRow,
    CallStatus,
    ClientRow,
    ConferenceRow,
    ConferenceStatus,
    EventRow,
    NotificationRow,
    NumberRow,
    RecordingRow,
    RegistrationRow,
    Row,
    Source,
    TrunkRow,
    utc_now,
)

__all__ = [
    "LIVE_STATUSES",
    "UNFINISHED",
    "AccountRow",
    "Adoption",
    "CallRow",
    "CallStatus",
    "ClientRow",
    "ConferenceRow",
    "ConferenceStatus",
    "EmailRow",
    "EventRow",
    "MessageRow",
    "MessageStatus",
    "NotificationRow",
    "NumberRow",
    "RecordingFolder",
    "RecordingRow",
    "Recovered",
    "RegistrationRow",
    "Row",
    "Source",
    "Store",
    "TrunkRow",
    "adopt",
    "recover",
    "utc_now",
]
