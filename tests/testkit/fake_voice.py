"""An HTTP voice under the control of a test: it answers every text with one sound, or fails as it is told."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.testkit.loopback_server import LoopbackServer
from tests.testkit.outside_sound import Samples, tone


@dataclass
class Manner:
    """How texts are answered."""

    sound: Samples
    content_type: str = "audio/l16;rate=8000"
    status: int = 200
    body: bytes | None = None
    """Instead of the sound."""
    hangs: bool = False
    """Never answer."""
    stops_after: int | None = None
    """Octets after which nothing more comes, though the connection stays."""
    breaks_after: int | None = None
    """Octets after which the connection is closed."""
    location: str = ""


class FakeVoice(LoopbackServer):
    """A text-to-speech server on loopback. Use as `async with`."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port, handler_cancellation=True)
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.manner = Manner(tone(700, 1.0))
        self.left = asyncio.Event()
        """Set when an answer ended because nobody wanted its rest."""
        self._closing = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/speak"

    def _application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/speak", self._serve)
        return app

    def _close(self) -> None:
        self._closing.set()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(json.loads(await request.read()))
        self.headers.append(dict(request.headers))
        manner = self.manner
        try:
            if manner.hangs:
                await self._closing.wait()
            return await self._answer(request, manner)
        except asyncio.CancelledError:
            self.left.set()
            raise

    async def _answer(self, request: web.Request, manner: Manner) -> web.StreamResponse:
        body = manner.sound.astype("<i2").tobytes() if manner.body is None else manner.body
        headers = {"Content-Type": manner.content_type, "Content-Length": str(len(body))}
        if manner.location:
            headers["Location"] = manner.location
        response = web.StreamResponse(status=manner.status, headers=headers)
        await response.prepare(request)
        cut = manner.breaks_after if manner.breaks_after is not None else manner.stops_after
        await response.write(body if cut is None else body[:cut])
        if manner.stops_after is not None:
            await self._closing.wait()
        if manner.breaks_after is not None:
            assert request.transport is not None
            request.transport.close()
        return response
