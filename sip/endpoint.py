"""A SIP endpoint without I/O: the user agent core of RFC 3261 section 8 behind five methods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sip.endpoint_config import EndpointConfig
from sip.errors import SipError
from sip.events import EndCause, RequestAnswered, RequestTimedOut, SipEvent
from sip.flow import Flow, Route, Transmission
from sip.framing import PING, PONG, Ping
from sip.gate import Gate, OpenGate, Turnstile
from sip.header_values import Replaces
from sip.invite_session import InviteSession
from sip.invite_uac import InviteUac
from sip.local_identity import Resolve
from sip.message import MalformedMessage, Request, Response, refusal
from sip.outbox import Outbox
from sip.parser import parse_message
from sip.replaces import find_session
from sip.request_dispatch import RequestDispatch
from sip.session_state import SessionState
from sip.source_limits import SourceLimits
from sip.stateless import StatelessAnswers
from sip.streams import Streams
from sip.timers import earliest
from sip.trace import Trace
from sip.transaction.effects import EndReason
from sip.transaction.layer import ClientEntry, ServerEntry
from sip.unread import Unread
from sip.user_agent_core import FieldList, UserAgentCore
from sip.validation import check_response


@dataclass(frozen=True, slots=True)
class EndpointStatistics:
    """Counters since the start, and what there is now."""

    messages_received: int
    messages_sent: int
    malformed: int
    """Messages that could not be parsed, and responses that were not sound."""
    refused: int
    """Requests answered without state: malformed, not served, or too many."""
    overloaded: int
    """Of these, requests beyond the limits on transactions and sessions."""
    turned_away: int
    """Requests answered 503 because the owner lets none in now."""
    source_refused: int
    """Requests answered 503 because their source sends too many."""
    source_ignored: int
    """Requests beyond that, which were not even answered."""
    unmatched: int
    """Responses and ACKs that fit nothing."""
    retransmissions_absorbed: int
    transaction_timeouts: int
    transport_errors: int
    server_transactions: int
    client_transactions: int
    sessions: int
    dialogs: int
    streams: int


class SipEndpoint:
    """Both sides of SIP, fed bytes and time; it owns no socket, clock or source of randomness.

    ``token`` returns a fresh unguessable string each time; branches, tags and Call-IDs are made of it.
    ``resolve`` finds where a URI whose host is a name leads, when that is already known.
    After any input or call the owner drains :meth:`next_event` and :meth:`to_send` and re-arms its timer
    from :meth:`next_deadline`. Nothing that arrives from the network makes a method raise.
    """

    def __init__(
        self,
        config: EndpointConfig,
        token: Callable[[], str],
        *,
        trace: Trace | None = None,
        resolve: Resolve | None = None,
        sources: SourceLimits | None = None,
        gate: Gate | None = None,
    ) -> None:
        """``sources`` is how much each source may ask for; without it there is no limit.

        ``gate`` tells when nothing new is let in; without it there is always room.
        """
        self._outbox = Outbox(trace)
        self._trace = trace
        self._core = UserAgentCore(config, token, self._outbox, resolve, sources)
        self._answers = StatelessAnswers(self._core)
        self._unread = Unread(self._core)
        self._turnstile = Turnstile(self._core, self._answers, gate or OpenGate())
        self._dispatch = RequestDispatch(self._core, self._answers)
        self._streams = Streams(config.incomplete_message_timeout)
        self._received = 0
        self._malformed = 0
        self._unmatched = 0

    @property
    def allow(self) -> str:
        """The value of our Allow header: every method that is served."""
        return self._core.allow

    def listening(self, transport: str, host: str, port: int) -> None:
        """Learn an address the shell is bound to; Via and Contact use it."""
        self._core.identity.listening(transport, host, port)

    def belongs_to(self, data: bytes) -> str | None:
        """Return what names the call that is up, or the request of ours, that a datagram is of."""
        return self._unread.belongs_to(data)

    def drops_unread(self, data: bytes, flow: Flow, now: float) -> bool:
        """Tell, and count, that a datagram is one too many of its source: it need not wait for its turn."""
        return self._unread.drops(data, flow.remote[0], now)

    def receive_datagram(self, data: bytes, flow: Flow, now: float) -> None:
        """Take one datagram."""
        if not data.strip(b"\r\n\0"):
            return
        if self.drops_unread(data, flow, now):
            return
        try:
            message = parse_message(data)
        except MalformedMessage as flaw:
            flaw.close = False  # the next datagram, or frame, begins with a message whatever was in this one
            self._refuse_malformed(flaw, flow, now)
            return
        self._receive(message, flow, now, data)

    def receive_frame(self, data: bytes, flow: Flow, now: float) -> None:
        """Take one WebSocket frame: a whole message, for which Content-Length may be missing (RFC 7118 5)."""
        if data == PING:
            self._outbox.send_bytes(PONG, flow)
        else:
            self.receive_datagram(data, flow, now)

    def receive_bytes(self, data: bytes, flow: Flow, now: float) -> None:
        """Take bytes of a stream, in any pieces."""
        for received in self._streams.receive_bytes(data, flow, now):
            if isinstance(received, Ping):
                self._outbox.send_bytes(PONG, flow)
            elif isinstance(received, MalformedMessage):
                self._refuse_malformed(received, flow, now)
            else:
                self._receive(received, flow, now)

    def flow_closed(self, flow: Flow, now: float) -> None:
        """Learn that a stream is gone."""
        self._streams.forget(flow)
        for session in list(self._core.sessions):
            session.usage.flow_closed(flow)
        self._core.layer.close(flow, now)

    def flow_failed(self, route: Route, now: float) -> None:
        """Learn that sending along a flow, or opening one to a destination, failed."""
        self._core.large.refused(route, now)
        self._core.layer.fail(route, now)

    def to_send(self) -> list[Transmission]:
        """Return what must be sent now, in order, and forget it."""
        return self._outbox.take()

    @property
    def has_something(self) -> bool:
        """Whether there is an event to take or a message to send."""
        return bool(self._core.events or self._outbox.queued)

    def next_deadline(self) -> float | None:
        """Return when :meth:`handle_timers` wants to be called."""
        return earliest(
            self._core.layer.next_deadline(),
            self._core.wakeups.next_deadline(),
            self._streams.next_deadline(),
        )

    def handle_timers(self, now: float) -> None:
        """Fire every timer that is due at ``now``."""
        core = self._core
        core.layer.handle_timers(now)
        while (waiting := core.wakeups.pop_due(now)) is not None:
            waiting.handle_timers(now)
        while (flow := self._streams.pop_late(now)) is not None:
            self._outbox.send_bytes(b"", flow, close=True)

    def next_event(self) -> SipEvent | None:
        """Return the oldest event not yet returned."""
        events = self._core.events
        return events.popleft() if events else None

    def invite(
        self,
        now: float,
        *,
        request_uri: str,
        from_: str,
        to: str,
        destination: Route,
        contact: str | None = None,
        body: bytes | None = None,
        content_type: str = "application/sdp",
        headers: FieldList = (),
    ) -> InviteSession:
        """Start a session as UAC. ``from_`` and ``to`` are header values without tags.

        Without ``body`` the peer makes the offer. ``contact`` is a header value; by default it is the address
        we listen on. To try a challenged INVITE again, give the old Call-ID and the next CSeq in ``headers``.
        """
        core = self._core
        request = Request("INVITE", request_uri, [("From", from_), ("To", to)])
        for name, value in headers:
            request.headers.add(name, value)
        self._identify(request, destination)
        if body:
            request.headers.set("Content-Type", content_type)
            request.body = body
        session = InviteSession(core, request, destination, SessionState.CALLING, contact)
        session.offer_body = body or None
        request.headers.set("Contact", session.usage.contact)
        session.usage.describe(request)
        session.uac = InviteUac(session, now)
        return session

    def find_session(self, replaces: Replaces) -> InviteSession | None:
        """Return the session whose dialog a peer names in Replaces, ended or not (RFC 3891)."""
        return find_session(self._core, replaces)

    def contact(self, route: Route, username: str | None = None, *, secure: bool = False) -> str:
        """Return the Contact value at which we are reached from where ``route`` leads."""
        return self._core.identity.contact(route, username, secure=secure)

    def send_request(self, now: float, request: Request, destination: Route) -> ClientEntry:
        """Send a request outside any dialog; ``RequestAnswered`` or ``RequestTimedOut`` follows.

        Via, Max-Forwards, Call-ID, CSeq and the From tag are added where ``request`` has none.
        """
        self._identify(request, destination)
        return self._core.send(request, destination, OutOfDialog(self._core), now)

    def respond(self, now: float, transaction: ServerEntry, response: Response) -> None:
        """Answer a request that was surfaced as ``IncomingRequest`` or ``InDialogRequest``."""
        self._core.layer.respond(transaction, response, now)

    def reply(
        self,
        now: float,
        transaction: ServerEntry,
        status: int,
        reason: str | None = None,
        *,
        headers: FieldList = (),
        body: bytes = b"",
        content_type: str | None = None,
    ) -> None:
        """Build the response to a surfaced request from its parts, and send it; a second one is dropped."""
        if not transaction.answered:
            self._core.respond(
                transaction, status, now, reason, headers=headers, body=body, content_type=content_type
            )

    def statistics(self) -> EndpointStatistics:
        """Return the counters."""
        core, dispatch = self._core, self._dispatch
        return EndpointStatistics(
            messages_received=self._received,
            messages_sent=self._outbox.sent,
            malformed=self._malformed,
            refused=self._answers.sent,
            overloaded=dispatch.overloaded,
            turned_away=self._turnstile.turned_away,
            source_refused=core.sources.refused,
            source_ignored=core.sources.ignored,
            unmatched=self._unmatched + dispatch.unmatched,
            retransmissions_absorbed=core.layer.retransmissions_absorbed,
            transaction_timeouts=core.layer.timeouts,
            transport_errors=core.layer.transport_errors,
            server_transactions=core.layer.server_count,
            client_transactions=core.layer.client_count,
            sessions=len(core.sessions),
            dialogs=len(core.dialogs),
            streams=len(self._streams),
        )

    def _receive(
        self, message: Request | Response, flow: Flow, now: float, data: bytes | None = None
    ) -> None:
        """Take a message that could be read; ``data`` are its octets, where they are still at hand."""
        self._received += 1
        if isinstance(message, Request) and self._turnstile.stops(message, flow, now):
            return  # untraced, as its answer is
        if self._trace is not None:
            self._trace.received(message, flow, now, data)
        if isinstance(message, Request):
            self._dispatch.receive(message, flow, now)
        else:
            self._receive_response(message, flow, now)

    def _receive_response(self, response: Response, flow: Flow, now: float) -> None:
        if check_response(response) is not None or not _is_readable(response):
            self._malformed += 1
        elif self._core.layer.receive_response(response, flow, now):
            return
        else:
            self._unmatched += 1
        self._core.sources.note_useless(flow.remote[0], now)

    def _refuse_malformed(self, flaw: MalformedMessage, flow: Flow, now: float) -> None:
        """Answer what can be answered; close a stream that has lost its framing."""
        self._malformed += 1
        if not flow.is_reliable and not self._core.sources.may_refuse(flow.remote[0], now):
            return
        answer = refusal(flaw.headers, flaw.status, flaw.reason, to_tag=self._core.token())
        if answer is not None:
            self._outbox.send(answer, flow, now, close=flaw.close)
        elif flaw.close and flow.is_reliable:
            self._outbox.send_bytes(b"", flow, close=True)

    def _identify(self, request: Request, route: Route) -> None:
        """Add what makes a request of ours unique (section 8.1.1)."""
        core, headers = self._core, request.headers
        if request.from_.tag is None:
            headers.set("From", request.from_.with_tag(core.token()))
        if "Call-ID" not in headers:
            headers.add("Call-ID", f"{core.token()}@{core.identity.call_id_host(route)}")
        if "CSeq" not in headers:
            headers.add("CSeq", f"1 {request.method}")
        if "Max-Forwards" not in headers:
            headers.add("Max-Forwards", "70")


def _is_readable(response: Response) -> bool:
    """Tell whether the fields that sessions act on can be read; a response that breaks them is dropped."""
    try:
        _ = response.allow, response.require, response.rseq, response.session_expires, response.min_se
    except SipError:
        return False
    return True


class OutOfDialog:
    """Tells the owner what became of a request outside any dialog."""

    def __init__(self, core: UserAgentCore) -> None:
        self._core = core

    def receive_response(self, entry: ClientEntry, response: Response, now: float) -> None:
        """Surface a response."""
        self._core.emit(RequestAnswered(entry, response))

    def client_failed(self, entry: ClientEntry, reason: EndReason, now: float) -> None:
        """Surface that there will be none."""
        cause = EndCause.TIMEOUT if reason is EndReason.TIMEOUT else EndCause.TRANSPORT
        self._core.emit(RequestTimedOut(entry, cause))
