"""Who may hold a connection to the HTTP server, and for how long without asking for anything.

Connections cost descriptors, which calls need. So there are only so many, from one address a part of
them, and one that brings no whole request in time is closed: a peer that sends an octet now and then
(slowloris) gains nothing.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler

from engine.turns import taken
from sip.transport.socket_watch import SocketWatch
from sip.transport.stream_listener import StreamListener
from sip.transport.turns import Turns

REQUEST_WITHIN = 10.0
"""Seconds that the first request of a connection, its body included, may take to arrive."""
IDLE_WITHIN = 75.0
"""Seconds between two requests; what browsers and proxies expect."""
SHARE_OF_ONE_HOST = 4
"""One address gets at most this part of the connections: a quarter."""


class Doorkeeper:
    """Counts connections, and turns away or out those that cost too much."""

    def __init__(
        self,
        most: int,
        *,
        trusts: Callable[[str], bool] = lambda host: False,
        request_within: float = REQUEST_WITHIN,
    ) -> None:
        """``trusts`` names hosts that may have all of the connections: web servers before us."""
        self._most = most
        self._trusts = trusts
        self._most_of_host = max(most // SHARE_OF_ONE_HOST, 1)
        self._request_within = request_within
        self._hosts: Counter[str] = Counter()
        self._asked: set[asyncio.BaseProtocol] = set()
        self.turned_away = 0

    @web.middleware
    async def note_request(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note that a connection brought a whole request; one with a body counts when that was read."""
        if request.content.is_eof():
            self._asked.add(request.protocol)
        try:
            return await handler(request)
        finally:
            if request.transport is not None:
                self._asked.add(request.protocol)

    def note(self, request: web.Request) -> None:
        """Note that a connection brought a whole request: one that becomes a WebSocket never ends it."""
        self._asked.add(request.protocol)

    def admits(self, host: str) -> bool:
        """Count a connection, if there is room for it."""
        full = self._hosts[host] >= self._most_of_host and not self._trusts(host)
        if full or self._hosts.total() >= self._most:
            self.turned_away += 1
            return False
        self._hosts[host] += 1
        return True

    def forget(self, host: str, protocol: asyncio.BaseProtocol) -> None:
        """Uncount a connection that is closed."""
        self._asked.discard(protocol)
        self._hosts[host] -= 1
        if not self._hosts[host]:
            del self._hosts[host]

    def watch(self, protocol: asyncio.BaseProtocol, transport: asyncio.Transport) -> asyncio.TimerHandle:
        """Close the connection unless it brings a request in time."""

        def look() -> None:
            if protocol not in self._asked:
                transport.abort()

        return asyncio.get_running_loop().call_later(self._request_within, look)


class _Guard(asyncio.Protocol):
    """Stands before the server's protocol, and closes a connection that brings no request in time."""

    def __init__(self, keeper: Doorkeeper, inner: asyncio.Protocol, host: str) -> None:
        self._keeper = keeper
        self._inner = inner
        self._host = host
        self._timer: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._timer = self._keeper.watch(self._inner, cast(asyncio.Transport, transport))
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        self.leave()
        self._inner.connection_lost(exc)

    def leave(self) -> None:
        """Give up the place."""
        self._keeper.forget(self._host, self._inner)


class GuardedSite(web.TCPSite):
    """A listening socket whose connections pass a doorkeeper, before their TLS handshake if there is one.

    They are accepted, read and closed in turns of the event loop, as SIP's streams are.
    """

    __slots__ = ("_keeper",)

    def __init__(
        self,
        runner: web.AppRunner,
        host: str,
        port: int,
        keeper: Doorkeeper,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(runner, host, port, ssl_context=tls)
        self._keeper = keeper

    async def start(self) -> None:
        """Listen."""
        await web.BaseSite.start(self)
        loop = asyncio.get_running_loop()
        turns = Turns(loop)
        turns.taken = taken(loop)
        listener = StreamListener(SocketWatch(loop, turns), self, self._ssl_context)
        await listener.open(self._host or "", self._port)
        # What a site asks of its server: its sockets, and to be closed.
        self._server = cast(asyncio.Server, listener)

    def admit(self, host: str) -> asyncio.Protocol | None:
        """Return the protocol of a new connection, if there is room for it."""
        if not self._keeper.admits(host):
            return None
        make = self._runner.server
        assert make is not None, "the runner was set up before its site was made"
        return _Guard(self._keeper, cast(asyncio.Protocol, make()), host)

    def give_up(self, host: str, protocol: asyncio.Protocol) -> None:
        """Learn that it failed in its TLS handshake."""
        cast(_Guard, protocol).leave()
