"""The parts of the daemon that requests reach; the HTTP server listens before they are there."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.calls.call_desk import CallDesk
from engine.http.message_operations import Desks
from engine.http.passing_keys import PassingKeys
from engine.http.provisioning import Exchange
from engine.http.sip_websocket import SipWebSockets
from engine.peers.peers import Peers
from engine.peers.phone_desk import PhoneDesk
from engine.reporting.ladders import Ladders
from engine.reporting.traces import TraceLog
from engine.requests.webhooks import WebhookOutbox
from engine.s3.uploads import RecordingUploads


@dataclass
class LiveParts:
    """Each is None until the daemon has it; what needs it is answered 503 as long."""

    desk: CallDesk | None = None
    """Makes and steers calls."""
    messages: Desks | None = None
    """Send texts and mails."""
    exchange: Exchange | None = None
    """Follows the rows that the REST API writes."""
    sip: SipWebSockets | None = None
    """Takes SIP over WebSocket."""
    peers: Peers | None = None
    """Know who is registered and which trunk answers."""
    phone: PhoneDesk | None = None
    """Signs browser phones in."""
    traces: TraceLog | None = None
    """Keeps what was exchanged with applications."""
    ladders: Ladders | None = None
    """Finds the SIP messages of calls."""
    outbox: WebhookOutbox | None = None
    """Delivers events."""
    uploads: RecordingUploads | None = None
    """Fetches recordings that are in other storage."""
    passing_keys: PassingKeys = field(default_factory=PassingKeys)
    """Keys of newcomers, where they are offered."""
