"""A recogniser behind a WebSocket: it answers, fails, hangs or talks nonsense, as a test wants.

It speaks with `json` and an aiohttp server, and uses nothing of the engine.
"""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web

from tests.testkit.loopback_server import LoopbackServer
from tests.testkit.outside_sound import Samples


@dataclass
class Listening:
    """One connection: what was sent over it."""

    headers: dict[str, str]
    start: dict[str, Any] = field(default_factory=dict)
    octets: bytearray = field(default_factory=bytearray)
    stopped: bool = False

    @property
    def heard(self) -> Samples:
        return np.frombuffer(bytes(self.octets), "<i2")


class FakeRecogniser(LoopbackServer):
    """A server on loopback. Use as `async with`; `behaviour` is one of the paths below."""

    shutdown_timeout = 0.2

    def __init__(self, words: str = "a table for two", confidence: float = 0.87, *, port: int = 0) -> None:
        super().__init__(port)
        self.words = words
        self.confidence = confidence
        self.connections: list[Listening] = []

    def _application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/refuses", _refuse)
        app.router.add_get("/{behaviour}", self._serve)
        return app

    def url(self, behaviour: str) -> str:
        """Return where it behaves so.

        It `answers`, `stays` open after its answer, `refuses`, `hangs`, `breaks` in the middle, says
        `garbage`, reports an `error`, or has heard `nothing`.
        """
        return f"ws://127.0.0.1:{self._port}/{behaviour}"

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        listening = Listening(dict(request.headers))
        self.connections.append(listening)
        behaviour = request.match_info["behaviour"]
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                first = not listening.octets
                listening.octets += message.data
                if first:
                    await self._begin(socket, behaviour)
            elif json.loads(message.data)["type"] == "start":
                listening.start = json.loads(message.data)
            else:
                listening.stopped = True
                await self._finish(socket, behaviour)
        return socket

    async def _begin(self, socket: web.WebSocketResponse, behaviour: str) -> None:
        if behaviour == "breaks":
            await socket.close(code=1011, message=b"out of memory")
        elif behaviour == "garbage":
            await socket.send_str("<html>what?</html>")
        elif behaviour == "error":
            await socket.send_str(json.dumps({"type": "error", "error": "no credit left"}))
        elif behaviour in ("answers", "stays"):
            await self._say(socket, self.words.partition(" ")[0], final=False)

    async def _finish(self, socket: web.WebSocketResponse, behaviour: str) -> None:
        if behaviour == "hangs":
            await asyncio.sleep(30)
        if behaviour in ("answers", "stays"):
            await self._say(socket, self.words, final=True)
        if behaviour != "stays":
            await socket.close()

    async def _say(self, socket: web.WebSocketResponse, words: str, *, final: bool) -> None:
        alternatives = [{"transcript": words, "confidence": self.confidence}]
        message = {"type": "transcription", "is_final": final, "alternatives": alternatives, "channel": 1}
        await socket.send_str(json.dumps(message))


async def _refuse(_request: web.Request) -> web.Response:
    return web.Response(status=503)
