"""One leg: a party's sound, as the engine sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from itertools import count
from secrets import randbits, token_hex
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from media.errors import MediaMisuse
from media.plane import agreement
from media.plane import layout as c
from media.plane.bridge import Bridge
from media.plane.errors import SoundInterrupted
from media.plane.keys import press_codes, tones
from media.plane.leg_statistics import read_leg
from media.plane.legs import LegRow
from media.plane.media_thread import Event, MediaThread
from media.plane.ports import BoundPorts
from media.plane.rtcp_reporter import RtcpReporter
from media.plane.rtcp_schedule import RtcpSchedule
from media.plane.sound_ring import SoundReader, SoundRing, SoundWriter
from media.plane.statistics import LegStatistics
from media.rtp.telephone_event import DIGITS
from media.sound import Samples
from media.tone import DTMF_KEYS

if TYPE_CHECKING:
    from media.offer_answer import Negotiated
    from media.prompts import Prompt

TapDirection = Literal["in", "out", "both"]

RATE = 8000
_DIRECTIONS: dict[str, int] = {"in": c.TAP_IN, "out": c.TAP_OUT, "both": c.TAP_BOTH}


class Leg:
    """One row of the leg table with its UDP port; made by :meth:`MediaPlane.open_leg`.

    All methods are called on the event loop. A leg is silent and deaf until the first
    :meth:`apply`; from then on it sends a packet every ptime, silence when it has nothing to
    say, so that paths through NATs stay open, unless the direction forbids.
    """

    def __init__(
        self,
        thread: MediaThread,
        ports: BoundPorts,
        schedule: RtcpSchedule,
        on_released: Callable[[Leg, int], None],
    ) -> None:
        self.on_digit: Callable[[str], None] | None = None
        """Called on the event loop with each key (0-9, * , #, A-D) as soon as it is certain."""
        self.ssrc = randbits(32)
        self.cname = token_hex(12)
        """Random, so that it tells nothing of us (RFC 7022)."""
        self.ports = ports
        self.row = self._claim(thread, ports)
        self._thread = thread
        self._on_released = on_released
        self._loop = asyncio.get_running_loop()
        self._numbers = count(1)
        self._held: dict[int, Any] = {}
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._readers: dict[int, SoundReader] = {}
        self._source: tuple[int, SoundWriter] | None = None
        self._agreed: Negotiated | None = None
        self._closing = False
        self._released = asyncio.Event()
        self._last_statistics: LegStatistics | None = None
        self._rtcp = RtcpReporter(thread, self.row, schedule, ports.rtcp, ports.rtp, self.cname)
        self._post(c.OPEN)

    def _claim(self, thread: MediaThread, ports: BoundPorts) -> LegRow:
        """Fill in a row with what RFC 3550 section 5.1 wants random, and whom not to hear."""
        row = thread.claim_row(ports.rtp.fileno(), self.ssrc)
        row.sequence, row.timestamp = randbits(16), randbits(32)
        if ports.last_heard >= 0:
            row.stale_ssrc, row.stale_sequence = ports.last_heard >> 16, ports.last_heard & 0xFFFF
        return row

    @property
    def local_port(self) -> int:
        """The even port of our RTP socket, for the SDP."""
        return self.ports.port

    @property
    def local_rtcp_port(self) -> int:
        """The port above it."""
        return self.ports.port + 1

    @property
    def closed(self) -> bool:
        return self._closing

    @property
    def sounds_held(self) -> int:
        """Prompts, key strings and sound rings that the tick may still read or write."""
        return len(self._held)

    def __repr__(self) -> str:
        state = "closed" if self._closing else str(self._agreed.codec) if self._agreed else "idle"
        return f"<Leg port {self.local_port} row {self.row.row} {state}>"

    def apply(self, negotiated: Negotiated) -> None:
        """Take on what offer and answer settled: the first time, and after every re-negotiation.

        Codec, direction and payload types change at the next tick. A new remote address moves
        the peer; the same one leaves a peer that was learned alone. ``remote`` None: nothing is
        sent and nobody is heard. Raises :class:`MediaMisuse` when the remote host is not an
        address literal (resolve it first) or the codec is not one the tick speaks.
        """
        self._check_open()
        self._post(c.APPLY, *agreement.to_command(negotiated, self.ports.rtp.family))
        self._agreed = negotiated
        self._rtcp.apply(negotiated.remote, negotiated.remote_rtcp, negotiated.rtcp_mux)

    async def play(self, prompt: Prompt, loops: int = 1) -> None:
        """Play ``prompt`` ``loops`` times (0: until cancelled) and return when the last frame was sent.

        Cancelling stops the sound within one tick. A second sound replaces the first, whose
        await raises :class:`SoundInterrupted`, as it does when the leg is closed. While the
        direction forbids sending, time passes and nothing is sent.
        """
        if prompt.rate != RATE:
            raise MediaMisuse(f"{prompt.name} has {prompt.rate} samples a second; legs play {RATE}")
        if loops < 0:
            raise MediaMisuse(f"{loops} loops: give how often to play, or 0 for without end")
        await self._play(prompt.samples, loops)

    async def send_digits(self, digits: str) -> None:
        """Press keys towards the peer and return when the last one has been released.

        ``w`` is a pause of half a second, ``W`` of one. Named events when the peer takes them
        (RFC 4733), else tones in the sound. Raises :class:`MediaMisuse` for what is no key.
        """
        codes = press_codes(digits)
        if self._agreed is None:
            raise MediaMisuse("no keys can be sent before offer and answer were applied")
        if self._agreed.telephone_event_payload_type is None:
            await self._play(tones(digits), 1)
        elif len(codes):
            await self._run(c.PRESS_DIGITS, c.STOP_DIGITS, codes, len(codes))

    def tap(self, direction: TapDirection) -> SoundReader:
        """Copy what the party says ("in", after jitter buffer and concealment), hears ("out"), or the sum.

        At most four at a time; raises :class:`MediaMisuse` beyond.
        """
        self._check_open()
        if len(self._readers) >= c.TAPS:
            raise MediaMisuse(f"a leg has at most {c.TAPS} taps; close one first")
        ring = SoundRing()
        number = self._hold(ring)

        def detach() -> None:
            self._readers.pop(number, None)
            self._post(c.REMOVE_TAP, number)

        reader = self._readers[number] = SoundReader(ring, detach)
        self._post(c.ADD_TAP, number, ring.address, _DIRECTIONS[direction])
        return reader

    def source(self) -> SoundWriter:
        """Open a stream of sound towards the party, played while it is still being made.

        A leg has one; opening another closes the first.
        """
        self._check_open()
        if self._source is not None:
            self._source[1].close()
        ring = SoundRing()
        number = self._hold(ring)
        writer = SoundWriter(ring, lambda: self._post(c.REMOVE_SOURCE, number))
        self._source = (number, writer)
        self._post(c.SET_SOURCE, number, ring.address)
        return writer

    def runs_on(self, thread: MediaThread) -> bool:
        """Whether this media thread moves the leg's sound."""
        return thread is self._thread

    def bridge_to(self, other: Leg) -> Bridge:
        """Let this leg and ``other`` hear each other; the plane's :meth:`MediaPlane.bridge`."""
        self._check_open()
        other._check_open()
        if other is self or not other.runs_on(self._thread):
            raise MediaMisuse(f"{self!r} cannot be bridged to {other!r}: use two legs of one media thread")
        self._post(c.BRIDGE, int(other.row.row), int(other.row.generation))
        return Bridge(lambda: None if self._closing else self._post(c.UNBRIDGE))

    def statistics(self) -> LegStatistics:
        """Return the counters; once the leg is released, as they were at the end."""
        if self._last_statistics is not None:
            return self._last_statistics
        return read_leg(self.row, self._thread.now_ns(), self._rtcp.remote)

    def close(self) -> None:
        """Say goodbye by RTCP, stop, and give row and port back; closing twice is nothing.

        Returns at once: the port is free again a tick later.
        """
        if self._closing:
            return
        self._closing = True
        self._rtcp.close()
        self._post(c.CLOSE)

    async def wait_closed(self) -> None:
        """Return when the tick has let go of the row and the port is free."""
        await self._released.wait()

    def receive_event(self, event: Event) -> None:
        """Take in what the tick tells of this leg; the plane calls it."""
        match event.kind:
            case c.DIGIT:
                self._digit(event.value)
            case c.FINISHED:
                self._finish(event.value)
            case c.FREED:
                self._finish(event.value, interrupted=True)
            case c.SOURCE_ROOM | c.SOURCE_PLAYED:
                self._source_event(event)
            case c.RELEASED:
                self._release(event.value)

    def receive_rtcp(self, content: bytes) -> None:
        """Take in an RTCP compound that came on the RTP port; the plane calls it."""
        self._rtcp.receive(content)

    def abandon(self) -> None:
        """Give everything back after the media threads have ended; the plane calls it."""
        self._closing = True
        self._rtcp.close()
        if not self._released.is_set():
            self._release(-1)

    def _post(self, kind: int, *arguments: int) -> None:
        self._thread.post(kind, int(self.row.row), int(self.row.generation), *arguments)

    def _hold(self, memory: Any) -> int:
        """Keep ``memory`` until the tick has let go of it, and give it a number."""
        number = next(self._numbers)
        self._held[number] = memory
        return number

    def _check_open(self) -> None:
        if self._closing:
            raise MediaMisuse(f"{self!r} can do nothing any more")

    def _play(self, samples: Samples, loops: int) -> Coroutine[Any, Any, None]:
        contiguous = np.ascontiguousarray(samples, np.int16)
        return self._run(c.PLAY_PROMPT, c.STOP_PROMPT, contiguous, len(contiguous), loops)

    async def _run(self, start: int, stop: int, memory: Any, length: int, *arguments: int) -> None:
        """Have the tick work through ``memory`` and wait for its end; cancelling stops it."""
        self._check_open()
        if length == 0:
            return
        number = self._hold(memory)
        done = self._waiting[number] = self._loop.create_future()
        self._post(start, number, int(memory.ctypes.data), length, *arguments)
        try:
            await done
        except asyncio.CancelledError:
            self._post(stop, number)
            raise

    def _finish(self, number: int, interrupted: bool = False) -> None:
        self._held.pop(number, None)
        done = self._waiting.pop(number, None)
        if done is None or done.done():
            return
        if interrupted:
            done.set_exception(SoundInterrupted("another sound took the place of this one"))
        else:
            done.set_result(None)

    def _digit(self, value: int) -> None:
        if self.on_digit is not None and not self._closing:
            key = DTMF_KEYS[value - c.INBAND_KEY] if value >= c.INBAND_KEY else DIGITS[value]
            # By way of the loop, so that a callback that raises stops nothing else.
            self._loop.call_soon(self.on_digit, key)

    def _source_event(self, event: Event) -> None:
        if self._source is None or self._source[0] != event.value:
            return
        if event.kind == c.SOURCE_ROOM:
            self._source[1].has_room()
        else:
            self._source[1].has_played()

    def _release(self, last_heard: int) -> None:
        self._last_statistics = self.statistics()
        for done in self._waiting.values():
            if not done.done():
                done.set_exception(SoundInterrupted("the leg was closed"))
        for reader in self._readers.values():
            reader.leg_closed()
        if self._source is not None:
            self._source[1].leg_closed()
        self._waiting.clear()
        self._held.clear()
        self._readers.clear()
        self.ports.close()
        self._released.set()
        self._on_released(self, last_heard)
