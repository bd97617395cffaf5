"""An HTTP voice under the control of a test: it answers every text with one sound, or fails as it is told."""

import asyncio
import json
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web

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


class FakeVoice:
    """A text-to-speech server on loopback. Use as `async with`."""

    def __init__(self, port: int = 0) -> None:
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.manner = Manner(tone(700, 1.0))
        self.left = asyncio.Event()
        """Set when an answer ended because nobody wanted its rest."""
        self._port = port
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/speak"

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/speak", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner
        self._closing.set()
        await self._runner.cleanup()

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
