"""The stream shell: listening TCP and TLS sockets and the connections they or we open."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from sip.flow import Address, Destination, Flow, Route
from sip.transport.addresses import address_of
from sip.transport.connections import Connections, StreamLimits
from sip.transport.tls import HANDSHAKE_WITHIN, TlsContexts
from sip.transport.turns import Turns

SLICE: Final = 2048
"""Octets of a stream that are taken as one input: a few messages, where a segment can bring 600."""


@dataclass(frozen=True)
class StreamEvents:
    """Whom the shell tells."""

    on_bytes: Callable[[bytes, Flow], None]
    on_closed: Callable[[Flow], None]
    on_failed: Callable[[Route], None]
    on_refused: Callable[[Destination, OSError], None]
    """Told why no connection came about, before ``on_failed``."""


class StreamConnection(asyncio.Protocol):
    """One stream, whoever opened it."""

    def __init__(self, owner: StreamTransport, verified_for: str = "") -> None:
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self.verified_for = verified_for
        """The host that the peer's certificate is for, on a TLS connection of ours."""
        self.flow: Flow | None = None
        self._unread = b""
        """What waits for its turn; meanwhile nothing more is read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # cast, not isinstance: uvloop's transports are not subclasses.
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        if peer is None:  # the peer was gone before we looked
            self._transport.abort()
            return
        local = address_of(transport.get_extra_info("sockname"))
        flow = Flow(self._owner.name, local, address_of(peer), self._owner.next_identity())
        if not self._owner.admit(flow, self):
            self._transport.abort()
            return
        self.flow = flow
        plug = transport.get_extra_info("socket")
        if plug is not None:
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def data_received(self, data: bytes) -> None:
        if self.flow is None:
            return
        if self._unread:
            # TLS hands over what it had read before it was told to pause.
            self._unread += data
            return
        self._unread = data
        self._owner.turns.take(self._read_slice)
        if self._unread and self._transport is not None:
            self._transport.pause_reading()

    def _read_slice(self) -> None:
        data, self._unread = self._unread[:SLICE], self._unread[SLICE:]
        if self.flow is None or self._transport is None or not data:
            return
        self._owner.events.on_bytes(data, self.flow)
        if self._unread:
            self._owner.turns.take(self._read_slice)
        elif not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unread = b""
        if self.flow is not None:
            self._owner.forget(self.flow)

    def send(self, data: bytes) -> None:
        """Send, or cut off a peer that does not read."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() + len(data) > self._owner.limits.unsent_bytes:
            self._transport.abort()
            return
        self._transport.write(data)

    def close(self) -> None:
        """Close after what is written has left."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()


class StreamTransport:
    """Every TCP stream of a stack, or with ``tls`` every TLS stream."""

    def __init__(
        self, events: StreamEvents, limits: StreamLimits, turns: Turns, tls: TlsContexts | None = None
    ) -> None:
        self.name = "TCP" if tls is None else "TLS"
        self.events = events
        self.limits = limits
        self.turns = turns
        self._tls = tls
        self._identities = itertools.count(1)
        self._servers: list[asyncio.Server] = []
        self._connections: Connections[StreamConnection] = Connections(limits)
        self._connecting: dict[Destination, bytearray] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, host: str, port: int) -> Address:
        """Listen, and return the address as bound."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: StreamConnection(self),
            host or "0.0.0.0",
            port,
            ssl=None if self._tls is None else self._tls.server,
            ssl_handshake_timeout=None if self._tls is None else HANDSHAKE_WITHIN,
        )
        self._servers.append(server)
        return address_of(server.sockets[0].getsockname())

    def send(self, data: bytes, route: Route, *, close: bool) -> None:
        """Send along a flow, or to a destination over the stream that is or gets opened to it."""
        if isinstance(route, Flow):
            connection = self._connections.of_flow(route)
        else:
            connection = self._connections.towards(route)
            if connection is not None and route.name and connection.verified_for != route.name:
                # To somebody else at the same address, as far as we know (RFC 5922 section 4).
                connection = None
        if connection is None:
            self._send_when_open(data, route)
            return
        if data:
            connection.send(data)
        if close:
            connection.close()

    def next_identity(self) -> int:
        """Return a number no other stream of this stack has."""
        return next(self._identities)

    def admit(self, flow: Flow, connection: StreamConnection) -> bool:
        """Take up a connection, if there is room for it."""
        return self._connections.admit(flow, connection)

    def forget(self, flow: Flow) -> None:
        """Let go of a connection that is closed; hundreds may be at once, which is told of in turns."""
        self._connections.forget(flow)
        self.turns.take(lambda: self.events.on_closed(flow))

    async def close(self) -> None:
        """Close the listeners and every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for server in self._servers:
            server.close()
        self._connections.abort_all()
        for server in self._servers:
            await server.wait_closed()

    def _send_when_open(self, data: bytes, route: Route) -> None:
        if isinstance(route, Flow):
            self.events.on_failed(route)
            return
        queued = self._connecting.get(route)
        if queued is not None:
            if len(queued) + len(data) <= self.limits.unsent_bytes:
                queued += data
            return
        self._connecting[route] = bytearray(data)
        task = asyncio.get_running_loop().create_task(self._connect(route))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, destination: Destination) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self.limits.connect_timeout):
                _, connection = await loop.create_connection(
                    lambda: StreamConnection(self, destination.name),
                    destination.host,
                    destination.port,
                    ssl=None if self._tls is None else self._tls.client,
                    server_hostname=None if self._tls is None else destination.name or destination.host,
                )
        except OSError as error:  # TimeoutError and failures of TLS are some
            self.events.on_refused(destination, error)
            connection = None
        queued = self._connecting.pop(destination)
        if connection is None or connection.flow is None:
            self.events.on_failed(destination)
        else:
            connection.send(bytes(queued))
