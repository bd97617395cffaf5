"""The streams of one call."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from engine.journal.call_journal import CallJournal
from engine.legs.sip_leg import SipLeg
from engine.streams.live_stream import LiveStream, StreamServices
from rcml.call import Level
from rcml.errors import STREAM_NAME
from rcml.streaming import StreamEnd, StreamRequest
from rcml.values import shortened


class CallStreams:
    """Begins, finds and ends them; none outlasts the leg by more than its goodbye."""

    def __init__(self, journal: CallJournal, leg: SipLeg, services: StreamServices) -> None:
        self._journal = journal
        self._leg = leg
        self._services = services
        self._live: dict[str, LiveStream] = {}
        self._tasks: set[asyncio.Task[StreamEnd]] = set()
        self._watches_leg = False

    def start(self, request: StreamRequest) -> LiveStream | None:
        """Begin a stream that goes on beside the document; None when one of its name runs."""
        begun = self._begin(request)
        return begun[0] if begun is not None else None

    def running(self) -> Collection[LiveStream]:
        """Return those that have not ended."""
        return self._live.values()

    def stop(self, name: str) -> LiveStream | None:
        """End the stream of that name, or sid, and return it; None when there is none."""
        its = (stream for stream in self._live.values() if name in (stream.name, stream.sid))
        stream = next(its, None)
        if stream is not None:
            del self._live[stream.name]
            stream.stop()
        return stream

    async def connect(self, request: StreamRequest) -> StreamEnd:
        """Begin a stream and return when it is over; cancelling ends it."""
        begun = self._begin(request)
        if begun is None:
            return StreamEnd(sid="", name=request.name, error="a stream of that name runs already")
        stream, task = begun
        try:
            return await asyncio.shield(task)
        finally:
            stream.stop()

    def press(self, key: str) -> None:
        """Take a key that the caller pressed."""
        for stream in self._live.values():
            stream.press(key)

    def stop_all(self) -> None:
        """End every stream."""
        for name in tuple(self._live):
            self.stop(name)

    async def finish(self) -> None:
        """End every stream and return when each has said goodbye."""
        self.stop_all()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _begin(self, request: StreamRequest) -> tuple[LiveStream, asyncio.Task[StreamEnd]] | None:
        if request.name in self._live:
            what = (
                f"stream {shortened(request.name)}: a stream of that name runs already; <Stop> it first, or "
                "choose another name"
            )
            self._journal.notify(STREAM_NAME, Level.ERROR, what, url=request.url)
            return None
        if not self._watches_leg:
            self._watches_leg = True
            self._leg.ended.add_done_callback(lambda _: self.stop_all())
        stream = LiveStream(request, self._leg.media, self._journal, self._services)
        self._live[stream.name] = stream
        task = asyncio.create_task(stream.run(), name=f"stream {stream.sid}")
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._over(stream, done))
        return stream, task

    def _over(self, stream: LiveStream, task: asyncio.Task[StreamEnd]) -> None:
        self._tasks.discard(task)
        if self._live.get(stream.name) is stream:
            del self._live[stream.name]
