"""``/sip``: WebSockets whose frames are SIP messages (RFC 7118), given to the SIP stack."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import WSCloseCode, WSMsgType, web

from engine.config import Settings
from engine.http.problems import Problem
from engine.http.proxies import source_of
from engine.http.websocket_frames import MESSAGE_WITHIN, MaskedFrames
from engine.pace import Pace
from engine.reporting import log
from sip.parser import MAX_MESSAGE
from sip.transport.addresses import address_of
from sip.transport.stack import SipStack
from sip.transport.websocket import SUBPROTOCOL

KEEP_ALIVE: Final = 30.0
"""Seconds between our pings, sooner than NATs forget; without a pong for half of that a peer is gone."""
UNSENT_MESSAGES: Final = 256
"""Messages that a peer may leave unread before it is cut off; a page in use has one or two."""
FRAMES_PER_SECOND: Final = 1_000
"""Of one connection. A page in use has ten; of one address the SIP stack serves 200 requests a second."""
CLOSE_WITHIN: Final = 2.0
"""Seconds that a peer gets to answer our close frame."""


class SipWebSockets:
    """Takes the WebSockets of browsers and softphones, and is the owner of their sockets."""

    def __init__(
        self, stack: SipStack, settings: Callable[[], Settings], message_within: float = MESSAGE_WITHIN
    ) -> None:
        self._stack = stack
        self._settings = settings
        self._message_within = message_within

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Carry one connection until it is closed."""
        self._check(request)
        socket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            timeout=CLOSE_WITHIN,
            heartbeat=KEEP_ALIVE,
            max_msg_size=MAX_MESSAGE,
            compress=False,
            autoping=False,
        )
        await socket.prepare(request)
        transport = request.transport
        if transport is None or (peer := transport.get_extra_info("peername")) is None:
            return socket  # it was gone before we looked
        MaskedFrames.stand_before(transport, self._message_within)
        local, remote = address_of(transport.get_extra_info("sockname")), address_of(peer)
        forwarded = request.headers.getall("X-Forwarded-For", [])
        remote = (source_of(remote[0], forwarded, self._settings().http.trusted_proxies), remote[1])
        connection = _Connection(socket)
        flow = self._stack.websockets.open(connection, local, remote, secure=self._is_secure(request))
        if flow is None:
            log.get("sip").warning("websocket.no_room", source=remote[0])
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too many connections")
            return socket
        try:
            await self._carry(socket, lambda frame: self._stack.websockets.receive(frame, flow))
        finally:
            self._stack.websockets.closed(flow)
            await connection.stop()
        return socket

    async def _carry(
        self, socket: web.WebSocketResponse, receive: Callable[[bytes], Awaitable[None]]
    ) -> None:
        pace = Pace(asyncio.get_running_loop().time, FRAMES_PER_SECOND)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await receive(message.data.encode())
            elif message.type is WSMsgType.BINARY:
                await receive(message.data)
            elif message.type is WSMsgType.PING:
                await socket.pong(message.data)
            # Waiting frames come without a turn for others: who sends too many waits, and TCP makes it wait.
            await asyncio.sleep(pace.rest())

    def _is_secure(self, request: web.Request) -> bool:
        """Tell whether the peer speaks TLS: with us, or with the proxy that the public URL leads to."""
        return request.secure or self._settings().public_url.startswith("https:")

    def _check(self, request: web.Request) -> None:
        """Refuse what is no handshake for SIP, or what a page of a stranger begins (RFC 6455 10.2)."""
        origin = request.headers.get("Origin")
        if origin is not None and not self._is_welcome(origin, request.host):
            log.get("sip").warning("websocket.origin_refused", origin=origin[:200])
            raise Problem(
                403, f"Pages of {origin[:200]} may not call here; add the origin to [http] sip_origins."
            )
        if request.headers.get("Upgrade", "").lower() != "websocket":
            upgrade = {"Upgrade": "websocket"}
            raise Problem(426, "This is SIP over WebSocket (RFC 7118); connect with a SIP client.", upgrade)
        offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
        if SUBPROTOCOL not in (name.strip().lower() for name in offered):
            raise Problem(400, "Ask for the sub-protocol sip (Sec-WebSocket-Protocol: sip).")

    def _is_welcome(self, origin: str, host: str) -> bool:
        """Tell whether pages of an origin may connect: our own may, and those that the settings name."""
        settings = self._settings()
        allowed = settings.http.sip_origins
        if "*" in allowed or origin.lower() in (name.lower() for name in allowed):
            return True
        own = (host, urlsplit(settings.public_url).netloc)
        return bool(netloc := urlsplit(origin).netloc.lower()) and netloc in (name.lower() for name in own)


class _Connection:
    """Sends what the stack gives, in order, without making it wait."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._unsent: deque[bytes] = deque()
        self._more = asyncio.Event()
        self._closing = False
        self._task = asyncio.get_running_loop().create_task(self._write())

    def send(self, data: bytes) -> None:
        """Send one message, or cut off a peer that does not read."""
        if len(self._unsent) >= UNSENT_MESSAGES:
            self.abort()
            return
        self._unsent.append(data)
        self._more.set()

    def close(self) -> None:
        """Close after what was sent has left."""
        self._closing = True
        self._more.set()

    def abort(self) -> None:
        """Close without what has not left yet."""
        self._unsent.clear()
        self.close()

    async def stop(self) -> None:
        """End the writing."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _write(self) -> None:
        try:
            while not self._closing or self._unsent:
                await self._more.wait()
                self._more.clear()
                while self._unsent:
                    await self._send_one(self._unsent.popleft())
            await self._socket.close(code=WSCloseCode.GOING_AWAY)
        except ConnectionError:
            await self._socket.close()  # the reader sees the end

    async def _send_one(self, data: bytes) -> None:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            await self._socket.send_bytes(data)
        else:
            await self._socket.send_str(text)
