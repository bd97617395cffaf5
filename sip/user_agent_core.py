"""What every part of a user agent core shares: its transactions, dialogs, events and ways out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Protocol

from sip.dialog import DialogId
from sip.endpoint_config import EndpointConfig
from sip.flow import Route
from sip.large_requests import LargeRequests
from sip.local_identity import LocalIdentity, Resolve
from sip.message import Request, Response, echoed
from sip.outbox import Outbox
from sip.source_limits import SourceLimits
from sip.timers import Schedule
from sip.transaction.layer import ClientEntry, ClientUser, Fallback, ServerEntry, TransactionLayer

if TYPE_CHECKING:
    from sip.events import SipEvent
    from sip.invite_session import InviteSession

FieldList = Iterable[tuple[str, str]]

OF_SESSIONS: Final = ("INVITE", "ACK", "CANCEL", "BYE", "INFO", "PRACK", "UPDATE")
"""Methods this floor answers by itself."""


class Wakeable(Protocol):
    """Something that wants to be woken at its deadline."""

    def __hash__(self) -> int:
        """Tell it from others."""

    def handle_timers(self, now: float) -> None:
        """Act on what is due."""


class UserAgentCore:
    """The one set of tables behind an endpoint; sessions use it, the endpoint feeds it."""

    def __init__(
        self,
        config: EndpointConfig,
        token: Callable[[], str],
        outbox: Outbox,
        resolve: Resolve | None,
        sources: SourceLimits | None = None,
    ) -> None:
        self.config = config
        self.token = token
        self.outbox = outbox
        self.resolve = resolve
        self.sources = sources or SourceLimits()
        self.identity = LocalIdentity(config, token)
        self.large = LargeRequests()
        self.layer = TransactionLayer(config.timers, outbox)
        self.events: deque[SipEvent] = deque()
        self.dialogs: dict[DialogId, InviteSession] = {}
        self.sessions: set[InviteSession] = set()
        self.wakeups: Schedule[Wakeable] = Schedule()
        extensions = [
            *(["100rel"] if config.reliable_provisional else []),
            *(["timer"] if config.session_expires else []),
            *(["replaces", "norefersub"] if "REFER" in config.surfaced_methods else []),
        ]
        self.methods = (*OF_SESSIONS, *config.surfaced_methods)
        self.allow = ", ".join(self.methods)
        self.extensions: tuple[str, ...] = tuple(extensions)
        """Option tags we support: what we list in Supported and accept in Require."""

    def emit(self, event: SipEvent) -> None:
        """Queue an event for the owner."""
        self.events.append(event)

    def send(self, request: Request, route: Route, user: ClientUser, now: float) -> ClientEntry:
        """Send a request in a client transaction of its own; a Via is added.

        One too large for a datagram goes over a stream, and over UDP after all when there is none to be had.
        """
        self._complete(request, route)
        stream = self.large.stream_for(request, route, now) if self.identity.listens("TCP") else None
        if stream is None:
            return self.layer.start(request, route, user, now)
        over_stream = Request(request.method, request.uri_text, request.headers.copy(), request.body)
        over_stream.headers.replace_first("Via", self.identity.via(stream))
        return self.layer.start(over_stream, stream, user, now, fallback=Fallback(request, route))

    def send_ack(self, ack: Request, route: Route, now: float) -> None:
        """Send the ACK of a 2xx, which is no transaction; a repeated one goes out as it was."""
        if "Via" not in ack.headers:
            self._complete(ack, route)
        self.outbox.send(ack, route, now)

    def respond(
        self,
        entry: ServerEntry,
        status: int,
        now: float,
        reason: str | None = None,
        *,
        headers: FieldList = (),
        body: bytes = b"",
        content_type: str | None = None,
    ) -> Response:
        """Build the response to a request in a transaction, and send it."""
        response = self.response(entry, status, reason, headers=headers, body=body, content_type=content_type)
        self.layer.respond(entry, response, now)
        return response

    def response(
        self,
        entry: ServerEntry,
        status: int,
        reason: str | None = None,
        *,
        headers: FieldList = (),
        body: bytes = b"",
        content_type: str | None = None,
    ) -> Response:
        """Build the response to a request in a transaction."""
        if entry.echoed is None:
            entry.echoed = echoed(entry.request.headers, entry.to_tag)
        response = Response(status, reason, entry.echoed.copy(), body)
        for name, value in headers:
            response.headers.add(name, value)
        if content_type is not None and body:
            response.headers.set("Content-Type", content_type)
        self.sign(response)
        return response

    def sign(self, message: Request | Response) -> None:
        """Name the product, when the configuration wants it named."""
        if self.config.user_agent:
            message.headers.set(
                "User-Agent" if isinstance(message, Request) else "Server", self.config.user_agent
            )

    def _complete(self, request: Request, route: Route) -> None:
        self.sign(request)
        via = self.identity.via(route)
        request.headers.insert_first("Via", via)
        Request.via.keep(request, via)
