"""Listening TCP sockets, whose connections are accepted one by one in turns of the event loop."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from typing import Final

from sip.flow import Address
from sip.transport.addresses import address_of
from sip.transport.socket_watch import READ, SocketWatch

BACKLOG: Final = 1024
"""Connections that the kernel keeps for us: a crowd waits there for its turns, and is not turned away."""
SHORTAGE: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""What says that connections cannot be accepted now, because the machine has no room for them."""
REST: Final = 1.0
"""Seconds until the next try after that; asyncio's own."""


class StreamListener:
    """The sockets of one address to listen on: a host name can have several."""

    def __init__(self, sockets: SocketWatch, on_accepted: Callable[[socket.socket, object], None]) -> None:
        """``on_accepted`` gets each connected socket, which does not block, and its peer's name."""
        self._sockets = sockets
        self._on_accepted = on_accepted
        self._plugs: list[socket.socket] = []
        self._resting: dict[int, asyncio.TimerHandle] = {}

    async def open(self, host: str, port: int, backlog: int = BACKLOG) -> Address:
        """Listen, and return the first address as bound."""
        loop = asyncio.get_running_loop()
        wanted = await loop.getaddrinfo(
            host or "0.0.0.0", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        try:
            for family, kind, protocol, _, name in dict.fromkeys(wanted):
                self._plugs.append(socket.socket(family, kind, protocol))
                _bind(self._plugs[-1], name, backlog)
        except BaseException:
            self.close()
            raise
        for plug in self._plugs:
            self._watch(plug)
        return address_of(self._plugs[0].getsockname())

    def close(self) -> None:
        """Stop listening."""
        for rest in self._resting.values():
            rest.cancel()
        self._resting.clear()
        for plug in self._plugs:
            self._sockets.forget(plug.fileno())
            plug.close()
        self._plugs.clear()

    def _watch(self, plug: socket.socket) -> None:
        self._resting.pop(plug.fileno(), None)
        self._sockets.watch(plug.fileno(), READ, lambda _: self._accept(plug))

    def _accept(self, plug: socket.socket) -> None:
        try:
            accepted, peer = plug.accept()
        except OSError as error:  # who connected may be gone
            if error.errno in SHORTAGE:
                self._sockets.forget(plug.fileno())
                loop = asyncio.get_running_loop()
                self._resting[plug.fileno()] = loop.call_later(REST, self._watch, plug)
            return
        accepted.setblocking(False)
        self._on_accepted(accepted, peer)


def _bind(plug: socket.socket, name: tuple[object, ...], backlog: int) -> None:
    plug.setblocking(False)
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if plug.family == socket.AF_INET6:
        # Else [::] would take the IPv4 port too, and peers would have two spellings.
        plug.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    plug.bind(name)
    plug.listen(backlog)
