"""SIP over WebSocket: RFC 7118. The sockets are an HTTP server's; here their frames become messages."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from functools import partial
from typing import Final

from sip.flow import Address, Flow, Route
from sip.transport.connections import Connection, Connections, StreamLimits
from sip.transport.turns import Lane, Turns

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
        turns: Turns,
    ) -> None:
        self._turns = turns
        self._waiting: set[asyncio.Future[None]] = set()
        """Owners of frames that wait for their turn."""
        self._closed = False
        self._on_frame = on_frame
        self._on_closed = on_closed
        self._on_failed = on_failed
        self._connections: Connections[Connection] = Connections(limits)
        self._identities = itertools.count(1)

    def open(self, connection: Connection, local: Address, remote: Address, *, secure: bool) -> Flow | None:
        """Take up a connection and return the flow that it is; None when there is no room for it."""
        flow = Flow("WSS" if secure else "WS", local, remote, next(self._identities))
        return flow if self._connections.admit(flow, connection) else None

    async def receive(self, frame: bytes, flow: Flow) -> None:
        """Take what one frame, text or binary, carries: one message (RFC 7118 section 5).

        Returns when the message had its turn: who gives in the next one only then makes the peer wait, where
        a thousand peers with a frame each would hold up everything else.
        """
        if self._turns.free:
            self._turns.take(partial(self._on_frame, frame, flow), Lane.STREAMS)
            return
        if self._closed:
            return
        read: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(read)
        read.add_done_callback(self._waiting.discard)
        self._turns.take(partial(self._read, frame, flow, read), Lane.STREAMS)
        await read

    def closed(self, flow: Flow) -> None:
        """Learn that a connection is gone; it is told of after the frames that came before."""
        self._connections.forget(flow)
        self._turns.take(partial(self._on_closed, flow), Lane.STREAMS)

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
        self._closed = True
        for read in self._waiting:
            if not read.done():
                read.set_result(None)
        self._connections.abort_all()

    def _read(self, frame: bytes, flow: Flow, read: asyncio.Future[None]) -> None:
        try:
            self._on_frame(frame, flow)
        finally:
            if not read.done():
                read.set_result(None)
