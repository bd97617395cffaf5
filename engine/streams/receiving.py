"""The messages that the other end of a WebSocket of ours sends, at a pace that leaves others their turn."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import aiohttp
from aiohttp import WSMessage, WSMsgType

from engine.pace import Pace
from engine.streams.dialing import Socket

MESSAGES_PER_SECOND: Final = 5_000
"""Of one connection: ten seconds of sound in messages of 20 ms, sent at once, are taken in a tenth of one."""


class Received:
    """What comes over ``socket``, message by message, its pings answered."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._pace = Pace(asyncio.get_running_loop().time, MESSAGES_PER_SECOND)

    async def next(self) -> WSMessage:
        """Return the next message; the last ones say how the connection ended."""
        while True:
            message = await self._socket.receive()
            # A read may hold ten thousand messages, and those that wait come without suspending us.
            if pause := self._pace.rest():
                await asyncio.sleep(pause)
            if message.type is WSMsgType.PING:
                with suppress(aiohttp.ClientError, ConnectionError):
                    await self._socket.pong(message.data)
            elif message.type is not WSMsgType.PONG:
                return message
