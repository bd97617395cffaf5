"""Streams on the stage: the application at the other end is whatever the test says."""

from __future__ import annotations

from rcml.call import InputKind, Level
from rcml.errors import STREAM_NAME
from rcml.streaming import StreamEnd, StreamRequest
from rcml.testing.scene import Ear
from rcml.testing.staged_leg import StagedLeg
from rcml.testing.transcript import Kind

DROPPED = "the connection broke: the application ended without closing it"


class StagedStream:
    """A stream, whose application the test plays. No sound travels here."""

    def __init__(self, request: StreamRequest, sid: str) -> None:
        self.request = request
        self.sid = sid
        self.name = request.name or sid
        self.keys = ""
        """The keys that the application was told of."""
        self.over = False
        self.error = ""

    def close(self) -> None:
        """The application closes the connection."""
        self.over = True

    def drop(self, error: str = DROPPED) -> None:
        """The connection breaks, or could not be made."""
        self.over, self.error = True, error

    def take_key(self, key: str) -> None:
        """The caller pressed a key."""
        self.keys += key


class StagedStreams:
    """The streams of one call."""

    def __init__(self, call: StagedLeg) -> None:
        self._call = call
        self._streams: dict[str, StagedStream] = {}

    def begin(self, request: StreamRequest) -> StagedStream | None:
        """Open a stream; None when one of its name runs."""
        running = self._streams.get(request.name)
        if running is not None and not running.over:
            what = f"stream {request.name}: a stream of that name runs already; <Stop> it first"
            self._call.notify(STREAM_NAME, Level.ERROR, what)
            return None
        stream = StagedStream(request, self._call.scene.sid("MZ"))
        self._streams[stream.name] = stream
        self._call.write(Kind.STREAMS, request.url, stream)
        return stream

    def stop(self, name: str) -> bool:
        """End the stream of that name; False when there is none."""
        stream = self._streams.pop(name, None)
        if stream is None or stream.over:
            return False
        stream.close()
        return True

    async def connect(self, request: StreamRequest) -> StreamEnd:
        """Stay connected until the test ends the stream or the call is over."""
        stream = self.begin(request)
        if stream is None:
            return StreamEnd(sid="", name=request.name, error="a stream of that name runs already")
        call, stage = self._call, self._call.scene.stage
        begun = stage.now
        with call.listening(Ear(kinds=frozenset({InputKind.DTMF}), key=stream.take_key)):
            await stage.wait(fulfilled=lambda: call.gone or stream.over)
        stream.over = True
        lasted = stage.now - begun
        how = f": {stream.error}" if stream.error else ""
        call.write(Kind.PARTED, f"from {request.url} after {lasted:g} s{how}")
        return StreamEnd(sid=stream.sid, name=stream.name, error=stream.error, duration=lasted)
