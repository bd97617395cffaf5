"""One stream while it lasts: its WebSocket, its taps on the leg and the sound it plays."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from engine import ids
from engine.accounts import AccountTree
from engine.journal.call_journal import CallJournal
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.requests.http_request import shown
from engine.streams.core import INBOUND, Effect, Order, Remark, Send, StreamCore
from engine.streams.dialing import CLOSE_WITHIN, Socket, StreamDialer, StreamRefused
from engine.streams.wire import Wire
from engine.streams.wire_sound import FRAME
from media.errors import MediaError
from media.plane.leg import Leg
from media.plane.sound_ring import SoundReader, SoundWriter
from rcml.call import Level
from rcml.errors import STREAM_BROKEN, STREAM_OVERFLOW, STREAM_SOUND
from rcml.streaming import StreamEnd, StreamEvent, StreamRequest
from rcml.values import shortened

T = TypeVar("T")


class StreamServices(Protocol):
    """What a stream needs of the daemon."""

    accounts: AccountTree
    metrics: Metrics
    stream_dialer: StreamDialer


class LiveStream:
    """Connects, carries sound and messages both ways, and tells how it went.

    :meth:`run` is the task of its owner, the call; :meth:`stop` ends it in order.
    """

    def __init__(
        self, request: StreamRequest, leg: Leg, journal: CallJournal, services: StreamServices
    ) -> None:
        self.sid = ids.new_sid(ids.STREAM)
        self.name = request.name or self.sid
        row = journal.row
        self._account_sid = row.account_sid
        self._core = StreamCore(request, stream_sid=self.sid, account_sid=row.account_sid, call_sid=row.sid)
        self._request = request
        self._leg = leg
        self._journal = journal
        self._services = services
        self._clock = asyncio.get_running_loop().time
        self._log = log.get("streams").bind(stream_sid=self.sid, call_sid=row.sid)
        self._readers: list[SoundReader] = []
        self._source: SoundWriter | None = None
        self._wire = Wire()
        self._stopping = asyncio.Event()
        self._fault = ""
        self._begun: float | None = None

    async def run(self) -> StreamEnd:
        """Return when it is over; whatever goes wrong is told, noted down and in the result."""
        metrics = self._services.metrics
        metrics.streams_active.inc()
        try:
            error = await self._connect_and_talk()
        finally:
            metrics.streams_active.dec()
        duration = 0.0 if self._begun is None else self._clock() - self._begun
        ended = StreamEnd(sid=self.sid, name=self.name, error=error, duration=duration)
        metrics.streams.labels(ended.event.value.removeprefix("stream-")).inc()
        self._tell(ended.event, error)
        self._log.info(f"stream.{'failed' if error else 'stopped'}", duration=round(ended.duration, 3))
        return ended

    def press(self, key: str) -> None:
        """Take a key that the caller pressed."""
        if self._readers:
            self._carry_out(self._core.press(key))

    def stop(self) -> None:
        """End it: silent and deaf at once, the goodbye to the application follows."""
        self._detach()
        self._stopping.set()

    async def _connect_and_talk(self) -> str:
        """Return why it failed; empty when it did not."""
        url, token = self._request.url, self._services.accounts.signing_key(self._account_sid)
        try:
            socket = await self._unless_stopped(self._services.stream_dialer.open(url, token))
            if socket is None:
                return ""
            try:
                self._attach()
                self._begun = self._clock()
                self._carry_out(self._core.open())
                self._tell(StreamEvent.STARTED)
                self._log.info("stream.started", url=shown(url), tracks=self._core.tracks)
                return await self._talk(socket)
            finally:
                self._detach()
                await socket.close()
        except StreamRefused as refused:
            self._journal.notify(refused.code, Level.ERROR, self._named(str(refused)), url=shown(url))
            return str(refused)

    async def _unless_stopped(self, work: Awaitable[T]) -> T | None:
        task, stopping = asyncio.ensure_future(work), asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if task.done():
            return task.result()
        task.cancel()
        await asyncio.wait((task,))
        return None

    async def _talk(self, socket: Socket) -> str:
        """Return when either side has ended it; raises :exc:`StreamRefused` when it broke."""
        receiving = asyncio.ensure_future(self._wire.receive(socket, self._receive))
        sending = asyncio.ensure_future(self._wire.send(socket))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((receiving, sending, stopping), return_when=asyncio.FIRST_COMPLETED)
            stopped = self._stopping.is_set()
            self._detach()
            if not receiving.done():
                await self._say_goodbye(socket, sending)
            fault = await receiving
        finally:
            for task in (receiving, sending, stopping):
                task.cancel()
        fault = self._fault or ("" if stopped else fault)
        if fault:
            raise StreamRefused(STREAM_BROKEN, fault)
        return ""

    async def _say_goodbye(self, socket: Socket, sending: asyncio.Future[None]) -> None:
        """Send what waits and the last message, as far as the application takes them in time."""
        self._carry_out(self._core.close())
        self._wire.finish()
        await asyncio.wait((sending,), timeout=CLOSE_WITHIN)
        await socket.close()

    def _receive(self, frame: str | bytes) -> None:
        self._carry_out(self._core.receive(frame))
        self._feed()

    def _attach(self) -> None:
        if self._stopping.is_set():
            return
        try:
            for track in self._core.tracks:
                self._readers.append(self._leg.tap("in" if track == INBOUND else "out"))
            if self._request.bidirectional:
                self._source = self._leg.source()
        except MediaError as error:
            raise StreamRefused(STREAM_SOUND, f"the call's sound cannot be had: {error}") from error
        # All taps of a leg are given their frames in one tick, so one of them tells for all.
        self._readers[-1].on_frame = self._turn

    def _detach(self) -> None:
        for reader in self._readers:
            reader.close()
        self._readers = []
        if self._source is not None:
            self._source.close()
            self._source = None

    def _turn(self) -> None:
        """Take what was heard and give what is to be said; called after every tick of the leg."""
        try:
            while self._readers and all(reader.available >= FRAME for reader in self._readers):
                self._carry_out(self._core.hear([reader.read(FRAME) for reader in self._readers]))
            if self._source is not None:
                self._carry_out(self._core.played(self._source.played))
                self._feed()
        except Exception:
            # An invariant of ours broke: it ends this stream alone, with its trace in the log.
            self._log.exception("stream.broken")
            self._fail("an internal error ended the stream; the log has its trace")

    def _feed(self) -> None:
        if self._source is not None and not self._source.closed:
            samples = self._core.next_sound(self._source.room)
            if len(samples):
                self._source.write_nowait(samples)

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send():
                    self._queue(effect)
                case Order():
                    self._order(effect)
                case Remark(code, message):
                    self._journal.notify(
                        code, Level.WARNING, self._named(message), url=shown(self._request.url)
                    )

    def _queue(self, message: Send) -> None:
        outgoing = self._wire.outgoing
        dropped_before = outgoing.dropped
        self._wire.queue(message)
        if outgoing.dropped and not dropped_before:
            what = self._named("the application reads too slowly: sound it was to hear is left out")
            self._journal.notify(STREAM_OVERFLOW, Level.WARNING, what, url=shown(self._request.url))
        if outgoing.hopeless:
            self._fail("the application does not read what it is sent")

    def _order(self, order: Order) -> None:
        if self._source is None:
            return
        match order:
            case Order.FORGET:
                self._source.clear()
            case Order.HOLD:
                self._source.hold()
            case Order.GO_ON:
                self._source.resume()

    def _fail(self, why: str) -> None:
        self._fault = self._fault or why
        self.stop()

    def _named(self, what: str) -> str:
        return f"stream {shortened(self.name)}: {what}"

    def _tell(self, event: StreamEvent, error: str = "") -> None:
        callback = self._request.status_callback
        if callback is None:
            return
        told = {
            "StreamSid": self.sid,
            "StreamName": self.name,
            "StreamEvent": event.value,
            "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        if error:
            told["StreamError"] = error
        self._journal.tell(callback, told.items())
