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
from engine.http.resources.explanations import EXPLANATION
from engine.http.resources.gateways import GATEWAYS
from engine.http.resources.keys import KEYS, USERS
from engine.http.resources.ladders import LADDER
from engine.http.resources.listeners import STREAMS_OF_A_CALL, TRANSCRIPTIONS_OF_A_CALL
from engine.http.resources.messages import EMAILS, SMS_MESSAGES, TEXTS
from engine.http.resources.notifications import NOTIFICATIONS
from engine.http.resources.numbers import KINDS, NUMBERS
from engine.http.resources.outbound_proxies import ACTIVE_PROXY, PROXIES, SWITCHED_PROXY
from engine.http.resources.participants import PARTICIPANTS
from engine.http.resources.queues import MEMBERS, QUEUES
from engine.http.resources.recordings import RECORDINGS
from engine.http.resources.supervisor import FIGURES, LIVE_CALLS, PING, VERSION
from engine.http.resources.traces import TRACES
from engine.http.resources.transcriptions import TRANSCRIPTIONS
from engine.http.resources.trunks import TRUNKS
from engine.http.resources.usage import USAGE
from engine.http.resources.usage_triggers import USAGE_TRIGGERS
from engine.http.resources.views import View

ALL: tuple[Resource[Any], ...] = (
    *(CALLS, CONFERENCES, QUEUES, RECORDINGS, NOTIFICATIONS, EVENTS),
    *(SMS_MESSAGES, TEXTS, EMAILS),
    # Local, TollFree and Mobile come first, or they would be taken for sids.
    *KINDS.values(),
    *(NUMBERS, APPLICATIONS, CLIENTS, TRUNKS, GATEWAYS),
    *(EXECUTIONS, *OF_VERBS),
    TRANSCRIPTIONS,
    *(KEYS, USERS, TRACES, CALLER_IDS, USAGE_TRIGGERS),
)
BELOW: tuple[tuple[Resource[Any], Resource[Any]], ...] = (
    *((CALLS, NOTIFICATIONS), (CALLS, EXECUTIONS)),
    (RECORDINGS, TRANSCRIPTIONS),
)
"""Those that are also listed below another one, which comes first."""
PARTS = (
    *(recordings.OF_A_CALL, STREAMS_OF_A_CALL, TRANSCRIPTIONS_OF_A_CALL),
    *(recordings.OF_A_CONFERENCE, PARTICIPANTS, MEMBERS),
)
"""What lies below one of them, with operations of its own."""
VIEWS: tuple[View, ...] = (
    *(LADDER, USAGE, EXPLANATION, PING, FIGURES, LIVE_CALLS, VERSION),
    *(PROXIES, ACTIVE_PROXY, SWITCHED_PROXY),
)
"""What is worked out when it is asked for."""

__all__ = ["ACCOUNTS", "ALL", "BELOW", "PARTS", "VIEWS", "Place", "Resource"]
