"""Listening TCP sockets, whose connections are accepted one by one in turns of the event loop."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from typing import Final, Protocol

from sip.flow import Address
from sip.transport.addresses import address_of
from sip.transport.plain_stream import PlainStream
from sip.transport.socket_watch import READ, SocketWatch
from sip.transport.tls_stream import TlsStream

BACKLOG: Final = 1024
"""Connections that the kernel keeps for us: a crowd waits there for its turns, and is not turned away."""
SHORTAGE: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""What says that connections cannot be accepted now, because the machine has no room for them."""
REST: Final = 1.0
"""Seconds until the next try after that; asyncio's own."""


class Doorkeeper(Protocol):
    """Who says whom there is room for."""

    def admit(self, host: str) -> asyncio.Protocol | None:
        """Return the protocol of a connection that ``host`` makes; None when there is no room for it."""

    def give_up(self, host: str, protocol: asyncio.Protocol) -> None:
        """Learn that a connection failed in its TLS handshake; the protocol was told nothing."""


class StreamListener:
    """The sockets of one address to listen on: a host name can have several.

    Who is not admitted is closed before anything is made for the connection.
    """

    def __init__(
        self, sockets: SocketWatch, doorkeeper: Doorkeeper, tls: ssl.SSLContext | None = None
    ) -> None:
        self._watched = sockets
        self._doorkeeper = doorkeeper
        self._tls = tls
        self._in_handshake: set[TlsStream] = set()
        self.sockets: list[socket.socket] = []
        self._resting: dict[int, asyncio.TimerHandle] = {}

    async def open(self, host: str, port: int, backlog: int = BACKLOG) -> Address:
        """Listen, and return the first address as bound."""
        loop = asyncio.get_running_loop()
        wanted = await loop.getaddrinfo(
            host or "0.0.0.0", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        try:
            for family, kind, protocol, _, name in dict.fromkeys(wanted):
                try:
                    self.sockets.append(socket.socket(family, kind, protocol))
                except OSError:
                    continue  # a name can have an address of a kind that this machine does not speak
                _bind(self.sockets[-1], name, backlog)
        except BaseException:
            self.close()
            raise
        if not self.sockets:
            raise OSError(errno.EAFNOSUPPORT, f"no address of {host} is of a kind that this machine speaks")
        for plug in self.sockets:
            self._watch(plug)
        return address_of(self.sockets[0].getsockname())

    def close(self) -> None:
        """Stop listening, and end handshakes; connections stay."""
        for stream in list(self._in_handshake):
            stream.abort()
        for rest in self._resting.values():
            rest.cancel()
        self._resting.clear()
        for plug in self.sockets:
            self._watched.forget(plug.fileno())
            plug.close()
        self.sockets.clear()

    def _watch(self, plug: socket.socket) -> None:
        self._resting.pop(plug.fileno(), None)
        self._watched.watch(plug.fileno(), READ, lambda _: self._accept(plug))

    def _rest(self, plug: socket.socket, error: OSError) -> None:
        """Accept nobody for a while. The socket stays watched: to begin anew could need a descriptor."""
        loop = asyncio.get_running_loop()
        loop.call_exception_handler(
            {"message": f"no connection can be accepted for {REST:g} s", "exception": error, "socket": plug}
        )
        self._watched.watch(plug.fileno(), 0, lambda _: None)
        self._resting[plug.fileno()] = loop.call_later(REST, self._watch, plug)

    def _accept(self, plug: socket.socket) -> None:
        try:
            accepted, peer = plug.accept()
        except OSError as error:  # who connected may be gone
            if error.errno in SHORTAGE:
                self._rest(plug, error)
            return
        host, _ = address_of(peer)
        protocol = self._doorkeeper.admit(host)
        if protocol is None:
            accepted.close()
            return
        accepted.setblocking(False)
        if self._tls is not None:
            protocol = self._in_tls(protocol, host, self._tls)
        PlainStream(accepted, peer, self._watched, protocol).begin()

    def _in_tls(self, above: asyncio.Protocol, host: str, context: ssl.SSLContext) -> TlsStream:
        def shaken(failure: Exception | None) -> None:
            self._in_handshake.discard(stream)
            if failure is not None:
                self._doorkeeper.give_up(host, above)

        stream = TlsStream(above, context, shaken)
        self._in_handshake.add(stream)
        return stream


def _bind(plug: socket.socket, name: tuple[object, ...], backlog: int) -> None:
    plug.setblocking(False)
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if plug.family == socket.AF_INET6:
        # Else [::] would take the IPv4 port too, and peers would have two spellings.
        plug.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    plug.bind(name)
    plug.listen(backlog)
