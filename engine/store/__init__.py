"""Rows that outlive a process: calls, recordings, notifications, numbers, clients, trunks, events."""

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
    "AccountRow",
    "Adoption",
    "CallRow",
    "CallStatus",
    "ClientRow",
    "EventRow",
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
