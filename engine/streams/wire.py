"""The messages of one WebSocket to an application, both ways."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import aiohttp
from aiohttp import WSMsgType

from engine.streams.core import Send
from engine.streams.dialing import NORMAL_CLOSURES, Socket
from engine.streams.outgoing import OutgoingMessages
from engine.streams.receiving import Received
from rcml.values import shortened


class Wire:
    """Sends what is queued, as fast as the application takes it, and gives on what it sends."""

    def __init__(self) -> None:
        self.outgoing = OutgoingMessages()
        self._wake = asyncio.Event()
        self._last_message_queued = False

    def queue(self, message: Send) -> None:
        """Send a message after those that wait."""
        self.outgoing.append(message)
        self._wake.set()

    def finish(self) -> None:
        """Take note that the last message is queued."""
        self._last_message_queued = True
        self._wake.set()

    async def send(self, socket: Socket) -> None:
        """Send what is queued until the last message has left or nobody takes it any more."""
        with suppress(aiohttp.ClientError, ConnectionError):
            while True:
                self._wake.clear()
                while (message := self.outgoing.take()) is not None:
                    if isinstance(message.frame, str):
                        await socket.send_str(message.frame)
                    else:
                        await socket.send_bytes(message.frame)
                if self._last_message_queued:
                    return
                await self._wake.wait()

    async def receive(self, socket: Socket, take: Callable[[str | bytes], None]) -> str:
        """Give messages to ``take`` until there are no more; return why, empty for an end in order."""
        received = Received(socket)
        while True:
            message = await received.next()
            match message.type:
                case WSMsgType.TEXT | WSMsgType.BINARY:
                    take(message.data)
                case WSMsgType.CLOSE if message.data in NORMAL_CLOSURES:
                    return ""
                case WSMsgType.CLOSE:
                    return f"the application closed with code {message.data} {shortened(message.extra or '')}"
                case WSMsgType.ERROR:
                    return f"the connection failed: {message.data}"
                case _:
                    return "the connection broke: the application ended without closing it"
