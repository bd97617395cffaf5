"""The stream shell: listening TCP and TLS sockets and the connections they or we open."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from sip.errors import shown
from sip.flow import Address, Destination, Flow, Route
from sip.transport.addresses import address_of
from sip.transport.connections import Connections, StreamLimits
from sip.transport.plain_stream import SLICE, PlainStream
from sip.transport.socket_watch import SocketWatch
from sip.transport.stream_listener import StreamListener
from sip.transport.tls import TlsContexts
from sip.transport.tls_stream import TlsStream
from sip.transport.turns import Lane, Turns


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

    def __init__(self, owner: StreamTransport, verified_for: str = "", *, has_place: bool = False) -> None:
        """``has_place`` says that there is room for it: who connects to us is told before."""
        self._owner = owner
        self._has_place = has_place
        self._transport: asyncio.Transport | None = None
        self.verified_for = verified_for
        """The host that the peer's certificate is for, on a TLS connection of ours."""
        self.flow: Flow | None = None
        self._unread = b""
        """What waits for its turn; meanwhile nothing more is read."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        local = address_of(transport.get_extra_info("sockname"))
        peer = address_of(transport.get_extra_info("peername"))
        flow = Flow(self._owner.name, local, peer, self._owner.next_identity())
        if not self._owner.seat(flow, self, has_place=self._has_place):
            self._transport.abort()
            return
        self.flow = flow
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def data_received(self, data: bytes) -> None:
        if self.flow is None:
            return
        if self._unread:
            # TLS hands over what it had read before it was told to pause.
            self._unread += data
            return
        self._unread = data
        self._owner.turns.take(self._read_slice, Lane.STREAMS)
        if self._unread and self._transport is not None:
            self._transport.pause_reading()

    def _read_slice(self) -> None:
        data, self._unread = self._unread[:SLICE], self._unread[SLICE:]
        if self.flow is None or self._transport is None or not data:
            return
        try:
            self._owner.events.on_bytes(data, self.flow)
        except Exception:
            self._transport.abort()  # nobody would ask for the rest
            raise
        if self._unread:
            self._owner.turns.take(self._read_slice, Lane.STREAMS)
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
        self,
        events: StreamEvents,
        limits: StreamLimits,
        turns: Turns,
        sockets: SocketWatch,
        tls: TlsContexts | None = None,
    ) -> None:
        self.name = "TCP" if tls is None else "TLS"
        self.events = events
        self.limits = limits
        self.turns = turns
        self._sockets = sockets
        self._tls = tls
        self._identities = itertools.count(1)
        self._listeners: list[StreamListener] = []
        self._connections: Connections[StreamConnection] = Connections(limits)
        self._connecting: dict[Destination, bytearray] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, host: str, port: int) -> Address:
        """Listen, and return the address as bound."""
        listener = StreamListener(self._sockets, self, None if self._tls is None else self._tls.server)
        address = await listener.open(host, port)
        self._listeners.append(listener)
        return address

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

    def admit(self, host: str) -> StreamConnection | None:
        """Return a connection that ``host`` makes, if there is room for it."""
        return StreamConnection(self, has_place=True) if self._connections.keep_place(host) else None

    def give_up(self, host: str, protocol: asyncio.Protocol) -> None:
        """Learn that it failed in its TLS handshake."""
        self._connections.give_up_place(host)

    def seat(self, flow: Flow, connection: StreamConnection, *, has_place: bool) -> bool:
        """Take up a connection that came about, if there is room for it."""
        if has_place:
            self._connections.seat(flow, connection)
            return True
        return self._connections.admit(flow, connection)

    def forget(self, flow: Flow) -> None:
        """Let go of a connection that is closed; hundreds may be at once, which is told of in turns."""
        self._connections.forget(flow)
        self.turns.take(lambda: self.events.on_closed(flow), Lane.STREAMS)

    async def close(self) -> None:
        """Close the listeners and every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for listener in self._listeners:
            listener.close()
        self._connections.abort_all()
        # Each connection learns in the loop's next turn that it is gone.
        await asyncio.sleep(0)

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
        connection: StreamConnection | None = None
        try:
            async with asyncio.timeout(self.limits.connect_timeout):
                plug, peer = await _connected(destination.host, destination.port)
                connection = await self._taken_up(plug, peer, destination)
        except OSError as error:  # TimeoutError and failures of TLS are some
            self.events.on_refused(destination, error)
        except ValueError as error:
            # A name may be too long for the DNS, or no certificate can be for it.
            self.events.on_refused(destination, OSError(f"{shown(destination.name)}: {error}"))
        queued = self._connecting.pop(destination)
        if connection is None or connection.flow is None:
            self.events.on_failed(destination)
        else:
            connection.send(bytes(queued))

    async def _taken_up(
        self, plug: socket.socket, peer: object, destination: Destination
    ) -> StreamConnection:
        """Make a connection of a socket, after the handshake over TLS."""
        connection = StreamConnection(self, destination.name)
        if self._tls is None:
            PlainStream(plug, peer, self._sockets, connection).begin()
            return connection
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def shaken(failure: Exception | None) -> None:
            if done.done():
                return  # nobody waits any more
            if failure is None:
                done.set_result(None)
            else:
                done.set_exception(failure)

        wanted = destination.name or destination.host
        try:
            stream = TlsStream(connection, self._tls.client, shaken, server_hostname=wanted)
        except ValueError:
            plug.close()
            raise
        PlainStream(plug, peer, self._sockets, stream).begin()
        try:
            await done
        except asyncio.CancelledError:
            stream.abort()
            raise
        return connection


async def _connected(host: str, port: int) -> tuple[socket.socket, object]:
    """Return a connected socket, and the name of its peer."""
    loop = asyncio.get_running_loop()
    family, kind, protocol, _, name = (await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM))[0]
    plug = socket.socket(family, kind, protocol)
    try:
        plug.setblocking(False)
        await loop.sock_connect(plug, name)
    except BaseException:
        plug.close()
        raise
    return plug, name
