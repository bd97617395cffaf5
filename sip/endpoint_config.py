"""The settings of a SIP endpoint."""

from __future__ import annotations

from dataclasses import dataclass, field

from sip.timers import TimerValues


@dataclass(frozen=True, kw_only=True)
class EndpointConfig:
    """Settings of a :class:`sip.endpoint.SipEndpoint`; the defaults suit a server on an open network."""

    timers: TimerValues = field(default_factory=TimerValues)
    external_host: str = ""
    """Host written into Via and Contact instead of the local address, for a server behind NAT."""
    external_port: int = 0
    """Port that goes with ``external_host``; 0 keeps the local port."""
    user_agent: str = ""
    """Value of User-Agent and Server; empty sends neither, so that a scan learns no version."""
    follow_flow: bool = True
    """Send in-dialog requests back along the flow when the Contact's host is not the packet's source."""
    reliable_provisional: bool = True
    """Offer and accept 100rel (RFC 3262)."""
    session_expires: int = 1800
    """Seconds we ask for and accept between session refreshes (RFC 4028); 0 turns session timers off."""
    minimum_session_expires: int = 90
    """Min-SE: shorter intervals are refused with 422; RFC 4028 section 5 allows none below 90."""
    info_content_types: tuple[str, ...] = ("application/dtmf-relay", "application/dtmf")
    """INFO bodies answered 200 and surfaced; others are answered 415."""
    surfaced_methods: tuple[str, ...] = ("OPTIONS", "REGISTER", "MESSAGE", "REFER", "NOTIFY")
    """Methods given to the owner, in and outside dialogs; what is neither here nor a session's gets 405."""
    maximum_transactions: int = 20_000
    """Server transactions at once; beyond it requests are answered 503 without state.

    A non-INVITE over UDP keeps its transaction 32 s, so this is about 600 requests a second.
    """
    maximum_sessions: int = 4_000
    """INVITE sessions at once; beyond it an INVITE is answered 503 without state."""
    incomplete_message_timeout: float = 30.0
    """Seconds a stream may take to complete one message before it is closed."""
    retry_after: int = 5
    """Seconds in the Retry-After of such a 503."""
