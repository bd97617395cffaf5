"""Rows that outlive a process: calls, conferences, queues, recordings, numbers, clients, events and more."""

from engine.store.account_rows import ApiKeyRow, CallerIdRow, LadderRow, TraceRow, UserRow
from engine.store.execution_rows import ExecutionRow
from engine.store.message_rows import UNFINISHED, EmailRow, MessageRow, MessageStatus
from engine.store.provisioned_rows import (
    ApplicationRow,
    ClientRow,
    NumberRow,
    RegistrationRow,
    Source,
    TrunkRow,
)
from engine.store.provisioning import Adoption, adopt, digest_hashes
from engine.store.recordings import RecordingFolder
from engine.store.recovery import Recovered, recover
from engine.store.row import Row, utc_now
from engine.store.store import Store
from engine.store.tables import (
    LIVE_STATUSES,
    AccountRow,
    CallRow,
    CallStatus,
    ConferenceRow,
    ConferenceStatus,
    EventRow,
    NotificationRow,
    QueueRow,
    RecordingRow,
)
from engine.store.transcription_rows import TranscriptionRow
from engine.store.trigger_rows import UsageTriggerRow
from engine.store.upload_rows import UploadRow

__all__ = [
    "LIVE_STATUSES",
    "UNFINISHED",
    "AccountRow",
    "Adoption",
    "ApiKeyRow",
    "ApplicationRow",
    "CallRow",
    "CallStatus",
    "CallerIdRow",
    "ClientRow",
    "ConferenceRow",
    "ConferenceStatus",
    "EmailRow",
    "EventRow",
    "ExecutionRow",
    "LadderRow",
    "MessageRow",
    "MessageStatus",
    "NotificationRow",
    "NumberRow",
    "QueueRow",
    "RecordingFolder",
    "RecordingRow",
    "Recovered",
    "RegistrationRow",
    "Row",
    "Source",
    "Store",
    "TraceRow",
    "TranscriptionRow",
    "TrunkRow",
    "UploadRow",
    "UsageTriggerRow",
    "UserRow",
    "adopt",
    "digest_hashes",
    "recover",
    "utc_now",
]
