"""The REST resources, one file each; :data:`ALL` is what the server offers."""

from typing import Any

from engine.http.resources import recordings
from engine.http.resources.accounts import ACCOUNTS
from engine.http.resources.applications import APPLICATIONS
from engine.http.resources.caller_ids import CALLER_IDS
from engine.http.resources.calls import CALLS
from engine.http.resources.clients import CLIENTS
from engine.http.resources.conferences import CONFERENCES
from engine.http.resources.declaration import Place, Resource
from engine.http.resources.events import EVENTS
from engine.http.resources.executions import EXECUTIONS, OF_VERBS
from engine.http.resources.keys import KEYS, USERS
from engine.http.resources.messages import EMAILS, SMS_MESSAGES, TEXTS
from engine.http.resources.notifications import NOTIFICATIONS
from engine.http.resources.numbers import NUMBERS
from engine.http.resources.participants import PARTICIPANTS
from engine.http.resources.queues import MEMBERS, QUEUES
from engine.http.resources.recordings import RECORDINGS
from engine.http.resources.traces import TRACES
from engine.http.resources.transcriptions import TRANSCRIPTIONS
from engine.http.resources.trunks import TRUNKS

ALL: tuple[Resource[Any], ...] = (
    *(CALLS, CONFERENCES, QUEUES, RECORDINGS, NOTIFICATIONS, EVENTS),
    *(SMS_MESSAGES, TEXTS, EMAILS),
    *(NUMBERS, APPLICATIONS, CLIENTS, TRUNKS),
    *(EXECUTIONS, *OF_VERBS),
    TRANSCRIPTIONS,
    *(KEYS, USERS, TRACES, CALLER_IDS),
)
OF_A_CALL: tuple[Resource[Any], ...] = (NOTIFICATIONS, EXECUTIONS)
"""Those that are also listed below a call."""
PARTS = (recordings.OF_A_CALL, recordings.OF_A_CONFERENCE, PARTICIPANTS, MEMBERS)
"""What lies below one of them, with operations of its own."""

__all__ = ["ACCOUNTS", "ALL", "OF_A_CALL", "PARTS", "Place", "Resource"]
