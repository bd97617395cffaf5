"""SIP over WebSocket: RFC 7118. The sockets are an HTTP server's; here their frames become messages."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Final

from sip.flow import Address, Flow, Route
from sip.transport.connections import Connection, Connections, StreamLimits

SUBPROTOCOL: Final = "sip"
"""What both sides of the handshake name (RFC 7118 section 4.1)."""


class WebSocketTransport:
    """Every WebSocket of a stack.

    The HTTP server gives each one in with :meth:`open`, then its frames, then tells that it is closed. We
    never open one: a client in a browser can be reached along its own connection alone, and so a request to
    a peer whose connection is gone fails at once.
    """

    names = ("WS", "WSS")

    def __init__(
        self,
        on_frame: Callable[[bytes, Flow], None],
        on_closed: Callable[[Flow], None],
        on_failed: Callable[[Route], None],
        limits: StreamLimits,
    ) -> None:
        self._on_frame = on_frame
        self._on_closed = on_closed
        self._on_failed = on_failed
        self._connections: Connections[Connection] = Connections(limits)
        self._identities = itertools.count(1)

    def open(self, connection: Connection, local: Address, remote: Address, *, secure: bool) -> Flow | None:
        """Take up a connection and return the flow that it is; None when there is no room for it."""
        flow = Flow("WSS" if secure else "WS", local, remote, next(self._identities))
        return flow if self._connections.admit(flow, connection) else None

    def receive(self, frame: bytes, flow: Flow) -> None:
        """Take what one frame, text or binary, carries: one message (RFC 7118 section 5)."""
        self._on_frame(frame, flow)

    def closed(self, flow: Flow) -> None:
        """Learn that a connection is gone."""
        self._connections.forget(flow)
        self._on_closed(flow)

    def send(self, data: bytes, route: Route, *, close: bool) -> None:
        """Send one message along a flow, or to a peer that is connected."""
        if isinstance(route, Flow):
            connection = self._connections.of_flow(route)
        else:
            connection = self._connections.towards(route)
        if connection is None:
            self._on_failed(route)
            return
        if data:
            connection.send(data)
        if close:
            connection.close()

    def close(self) -> None:
        """Close every connection; whoever owns the sockets says so with :meth:`closed`."""
        self._connections.abort_all()
