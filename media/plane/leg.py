"""One leg: a party's sound, as the engine sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from secrets import randbits, token_hex
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from media.codecs.opus import OpusStates, OpusWishes
from media.errors import MediaMisuse
from media.plane import agreement
from media.plane import layout as c
from media.plane.keys import press_codes, tones
from media.plane.leg_statistics import read_leg
from media.plane.legs import WIDE, LegRow, Octets, RoomRow
from media.plane.lending import Lent
from media.plane.media_thread import Event, MediaThread
from media.plane.ports import BoundPorts
from media.plane.rtcp_reporter import RtcpReporter
from media.plane.rtcp_schedule import RtcpSchedule
from media.plane.shield import Shield
from media.plane.socket_address import Address, from_octets
from media.plane.sound_ring import SoundReader, SoundRing, SoundWriter
from media.plane.statistics import LegStatistics
from media.rtp.telephone_event import DIGITS
from media.tone import DTMF_KEYS

if TYPE_CHECKING:
    from media.offer_answer import Negotiated
    from media.prompts import Prompt
    from media.srtp import SrtpKeys

DatagramReceiver = Callable[[bytes, Address], None]
"""Called on the event loop with STUN and DTLS that came to the RTP port, and where from."""
FIRST_OF_RTP = 128
"""RFC 7983 section 7: the first octet tells RTP and RTCP from what may share their port."""

TapDirection = Literal["in", "out", "both"]

_DIRECTIONS: dict[str, int] = {"in": c.TAP_IN, "out": c.TAP_OUT, "both": c.TAP_BOTH}


class Gathering(Protocol):
    """What a leg knows of the room or bridge that it is in."""

    thread: MediaThread
    row: RoomRow

    def leave(self, leg: Leg) -> None:
        """Take a member out."""
        ...


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
        on_datagram: DatagramReceiver | None = None,
    ) -> None:
        self.on_digit: Callable[[str], None] | None = None
        """Called on the event loop with each key (0-9, * , #, A-D) as soon as it is certain."""
        self.ssrc = randbits(32)
        self.cname = token_hex(12)
        """Random, so that it tells nothing of us (RFC 7022)."""
        self.ports = ports
        self._on_datagram = on_datagram
        self.row = self._claim(thread, ports)
        self.thread = thread
        self._on_released = on_released
        self._loop = asyncio.get_running_loop()
        self._lent = Lent("leg", self.post)
        self._room: Gathering | None = None
        self._destination: MediaThread | None = None
        self._until_settled: list[Callable[[], None]] = []
        self._source: tuple[int, SoundWriter] | None = None
        self._agreed: Negotiated | None = None
        self._shield: Shield | None = None
        self._opus: OpusStates | None = None
        self._wide: Octets | None = None
        self._closing = False
        # Not an Event: that has a queue of its own, half a kilobyte for each leg.
        self._released: asyncio.Future[None] = self._loop.create_future()
        self._last_statistics: LegStatistics | None = None
        self._rtcp = RtcpReporter(thread, self.row, schedule, ports.rtcp, ports.rtp, self.cname)
        thread.listen(self.row, self)
        self.post(c.OPEN)

    def _claim(self, thread: MediaThread, ports: BoundPorts) -> LegRow:
        """Fill in a row with what RFC 3550 section 5.1 wants random, and whom not to hear."""
        row = thread.claim_row(ports.rtp.fileno(), self.ssrc)
        # 15 bits: RFC 3711 section 3.3.1 wants the sequence number not to wrap before it has been heard.
        row["sequence"], row["timestamp"] = randbits(15), randbits(32)
        row["shared"] = int(self._on_datagram is not None)
        if ports.last_heard >= 0:
            row["stale_ssrc"], row["stale_sequence"] = ports.last_heard >> 16, ports.last_heard & 0xFFFF
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
    def codec_name(self) -> str:
        """What sound is agreed to be coded with, such as ``PCMU``; empty before anything is."""
        return self._agreed.codec.encoding_name if self._agreed is not None else ""

    @property
    def wideband(self) -> bool:
        """Whether the party hears sound above 4 kHz."""
        return self.codec_name in agreement.WIDEBAND

    @property
    def closed(self) -> bool:
        return self._closing

    @property
    def sounds_held(self) -> int:
        """Prompts, key strings and sound rings that the tick may still read or write."""
        return len(self._lent)

    def __repr__(self) -> str:
        state = "closed" if self._closing else str(self._agreed.codec) if self._agreed else "idle"
        return f"<Leg port {self.local_port} row {self.row['row']} {state}>"

    def apply(self, negotiated: Negotiated) -> None:
        """Take on what offer and answer settled: the first time, and after every re-negotiation.

        Codec, direction and payload types change at the next tick. A new remote address moves
        the peer; the same one leaves a peer that was learned alone. ``remote`` None: nothing is
        sent and nobody is heard. Raises :class:`MediaMisuse` when the remote host is not an
        address literal (resolve it first) or the codec is not one the tick speaks. Keys that stay
        go on counting; those that changed count from now on.
        """
        self._check_open()
        command = agreement.to_command(negotiated, self.ports.rtp.family)
        # First, so that not one packet leaves in clear.
        self._encrypt(negotiated.srtp)
        if negotiated.codec.encoding_name in agreement.WIDEBAND:
            self._lend_wide()
        if negotiated.codec.encoding_name == "opus":
            self._speak_opus(OpusWishes.parse(negotiated.remote_fmtp))
        self.post(c.APPLY, *command)
        self._agreed = negotiated
        self._rtcp.apply(negotiated.remote, negotiated.remote_rtcp, negotiated.rtcp_mux, self._shield)

    def _lend_wide(self) -> None:
        """Lend the tick what a wideband leg has beside its row, for as long as the row is ours."""
        if self._wide is None:
            self._wide = np.zeros(WIDE.itemsize, np.uint8)
            self.post(c.SET_WIDE, int(self._wide.ctypes.data))

    def _speak_opus(self, wishes: OpusWishes) -> None:
        if self._opus is None or self._opus.wishes != wishes:
            self._opus = OpusStates(wishes)
            self.post(c.SET_OPUS, self._lent.hold(self._opus), self._opus.encoder, self._opus.decoder)

    def _encrypt(self, keys: SrtpKeys | None) -> None:
        if keys == (self._shield.keys if self._shield else None):
            return
        self._shield = Shield(keys, self._shield) if keys is not None else None
        if self._shield is None:
            self.post(c.SET_KEYS, 0, 0, 0)
        else:
            self.ports.expect_rubbish()
            self.post(c.SET_KEYS, self._lent.hold(self._shield), *self._shield.addresses)

    async def play(self, prompt: Prompt, loops: int = 1) -> None:
        """Play ``prompt`` ``loops`` times (0: until cancelled) and return when the last frame was sent.

        Cancelling stops the sound within one tick. A second sound replaces the first, whose
        await raises :class:`SoundInterrupted`, as it does when the leg is closed. While the
        direction forbids sending, time passes and nothing is sent.
        """
        self._check_open()
        await self._lent.play(prompt, loops)

    async def send_digits(self, digits: str) -> None:
        """Press keys towards the peer and return when the last one has been released.

        ``w`` is a pause of half a second, ``W`` of one. Named events when the peer takes them
        (RFC 4733), else tones in the sound. Raises :class:`MediaMisuse` for what is no key.
        """
        codes = press_codes(digits)
        self._check_open()
        if self._agreed is None:
            raise MediaMisuse("no keys can be sent before offer and answer were applied")
        if self._agreed.telephone_event_payload_type is None:
            await self._lent.play_samples(tones(digits))
        else:
            await self._lent.run(c.PRESS_DIGITS, c.STOP_DIGITS, codes)

    def tap(self, direction: TapDirection) -> SoundReader:
        """Copy what the party says ("in", after jitter buffer and concealment), hears ("out"), or the sum.

        At most eight at a time; raises :class:`MediaMisuse` beyond.
        """
        self._check_open()
        return self._lent.tap(_DIRECTIONS[direction])

    def source(self, *, banded: bool = False) -> SoundWriter:
        """Open a stream of sound towards the party, played while it is still being made.

        A leg has one; opening another closes the first. ``banded``: it is written wideband, as
        :data:`media.sound.Banded`, of which a narrowband leg plays what it can.
        """
        self._check_open()
        if self._source is not None:
            self._source[1].close()
        ring = SoundRing(banded=banded)
        number = self._lent.hold(ring)
        writer = SoundWriter(ring, lambda: self.post(c.REMOVE_SOURCE, number))
        self._source = (number, writer)
        self.post(c.SET_SOURCE, number, ring.address)
        return writer

    def enter(self, room: Gathering, apart: int) -> None:
        """Join ``room``, on its media thread; called by :meth:`Room.join`, with reasons not to be heard."""
        self._check_open()
        if self._room is not None:
            self._room.leave(self)
        self._room = room
        self.when_settled(lambda: self._depart_for(room.thread))
        self.when_settled(lambda: self.thread.change_phase(self.row, int(room.row["phase"])))
        self.post(c.JOIN, int(room.row["row"]), int(room.row["generation"]), apart)

    def left_room(self) -> None:
        """Take note that the room has taken this leg out."""
        self._room = None

    @property
    def _settled(self) -> bool:
        """Whether the leg is where it is to be, and nothing waits for that."""
        return self._destination is None and not self._until_settled

    def when_settled(self, action: Callable[[], None]) -> None:
        """Do ``action`` now, or as soon as the leg has arrived on the thread that it is moving to."""
        if self._settled:
            action()
        else:
            self._until_settled.append(action)

    def post(self, kind: int, *arguments: int) -> None:
        """Ask the tick for something that concerns this leg."""
        if self._settled:
            self._post(kind, *arguments)
        else:
            self.when_settled(lambda: self._post(kind, *arguments))

    def _post(self, kind: int, *arguments: int) -> None:
        self.thread.post(kind, int(self.row["row"]), int(self.row["generation"]), *arguments)

    def mute(self, muted: bool) -> None:
        """Let nobody hear the party, recordings included, or let them hear it again; keys still count."""
        self._check_open()
        self.post(c.MUTE, int(muted))

    def since_heard(self) -> float | None:
        """Return the seconds since the peer last sent RTP or RTCP; None when it never has."""
        heard = [] if self._rtcp.last_heard_ns is None else [self._rtcp.last_heard_ns]
        if self.row["source_known"]:
            heard.append(int(self.row["last_heard_ns"]))
        return (self.thread.now_ns() - max(heard)) / 1e9 if heard else None

    def statistics(self) -> LegStatistics:
        """Return the counters; once the leg is released, as they were at the end."""
        if self._last_statistics is not None:
            return self._last_statistics
        return read_leg(self.row, self.thread.now_ns(), self._rtcp.remote)

    def close(self) -> None:
        """Say goodbye by RTCP, stop, and give row and port back; closing twice is nothing.

        Returns at once: the port is free again a tick later.
        """
        if self._closing:
            return
        if self._room is not None:
            self._room.leave(self)
        self._closing = True
        self._rtcp.close()
        self.post(c.CLOSE)

    async def wait_closed(self) -> None:
        """Return when the tick has let go of the row and the port is free."""
        await asyncio.shield(self._released)

    def receive_event(self, event: Event) -> None:
        """Take in what the tick tells of this leg; the plane calls it."""
        match event.kind:
            case c.DIGIT:
                self._digit(event.value)
            case c.FINISHED:
                self._lent.returned(event.value)
            case c.FREED:
                self._lent.returned(event.value, interrupted=True)
            case c.SOURCE_ROOM | c.SOURCE_PLAYED:
                self._source_event(event)
            case c.TAPPED:
                self._lent.tapped(event.value)
            case c.RELEASED:
                self._release(event.value)
            case c.DEPARTED:
                self._arrive()

    def receive_packet(self, content: bytes, sender: Octets) -> None:
        """Take in what came on the RTP port and is no RTP: RTCP, STUN, DTLS; the plane calls it."""
        if not content:
            return  # a datagram may be empty, and anybody may send one
        if content[0] >= FIRST_OF_RTP:
            self._rtcp.receive(content)
        elif self._on_datagram is not None and not self._closing:
            self._on_datagram(content, from_octets(sender))

    def send_datagram(self, content: bytes, address: Address) -> None:
        """Send what is no RTP from the RTP port; what the socket has no room for is lost, as on the way."""
        if not self._closing:
            with suppress(OSError):
                self.ports.rtp.sendto(content, address)

    def abandon(self) -> None:
        """Give everything back after the media threads have ended; the plane calls it."""
        self._closing = True
        self._rtcp.close()
        if not self._released.done():
            self._release(-1)

    def _check_open(self) -> None:
        if self._closing:
            raise MediaMisuse(f"{self!r} can do nothing any more")

    def _depart_for(self, thread: MediaThread) -> None:
        """Have the tick let go of the row, unless this is its thread; what is asked meanwhile waits."""
        if thread is not self.thread:
            self._post(c.DEPART)
            self._destination = thread

    def _arrive(self) -> None:
        """Go on in a row of the thread that we are moving to."""
        departed, former = self.row, self.thread
        assert self._destination is not None
        self.thread, self._destination = self._destination, None
        self.row = self.thread.adopt_row(departed)
        former.free_row(departed)
        self.thread.listen(self.row, self)
        self._rtcp.move(self.thread, self.row)
        self._post(c.ARRIVE)
        while self._until_settled and self._destination is None:
            self._until_settled.pop(0)()

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
        self._lent.all_returned()
        if self._source is not None:
            self._source[1].leg_closed()
            self._source = None  # it knows us, to be taken out of the tick
        self.ports.close()
        self.thread.free_row(self.row)
        self._released.set_result(None)
        self._on_released(self, last_heard)
