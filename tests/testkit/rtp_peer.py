"""The sound of an outside caller: an RTP endpoint in the test process, paced by the loop's clock.

It speaks and presses keys as a telephone does (RFC 3550, RFC 4733), keeps everything it hears with its time
of arrival, and says which tones those were.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self, cast
from weakref import WeakSet

import numpy as np

from tests.testkit.outside_sound import (
    FRAME,
    RATE,
    Samples,
    frames_of_tone,
    from_alaw,
    from_ulaw,
    seconds_of_tone,
    silence,
    to_alaw,
    to_ulaw,
)
from tests.testkit.stamped_socket import StampedSocket
from tests.testkit.waiting import eventually

PCMU, PCMA = 0, 8
TICK = FRAME / RATE
_ENCODE = {PCMU: to_ulaw, PCMA: to_alaw}
_DECODE = {PCMU: from_ulaw, PCMA: from_alaw}
_KEYS = "0123456789*#ABCD"
_STREAMS = itertools.count(0x5EED0001)


@dataclass(frozen=True)
class Packet:
    """One RTP packet; `at` is when the kernel took it in, by the loop's clock."""

    at: float
    payload_type: int
    marker: bool
    sequence_number: int
    timestamp: int
    ssrc: int
    payload: bytes
    source: tuple[str, int]


@dataclass(frozen=True)
class KeyPress:
    """How a key is sent as telephone events (RFC 4733 section 2.5), faults of the way included."""

    key: str
    ticks: int = 5
    """Length, in packets of 20 ms each before the end of the event."""
    marker: bool = True
    lose_first: int = 0
    """How many of the first packets never arrive."""
    lose_ends: int = 0
    """How many of the three end packets never arrive."""
    duplicate: bool = False
    """Each packet arrives twice."""


@dataclass(frozen=True)
class GapStatistics:
    """How evenly packets came, in seconds and packets."""

    packets: int
    missing: int
    longest_wait: float


@dataclass
class _Outgoing:
    """What one tick sends."""

    payload: bytes
    payload_type: int
    marker: bool = False
    age: int = 0
    """Ticks since the event began: its packets all carry the timestamp of the beginning."""
    copies: int = 1
    """0 for a packet that the network loses."""


_opened: WeakSet[RtpPeer] = WeakSet()


class RtpPeer(asyncio.DatagramProtocol):
    """An RTP endpoint on a loopback port. Use :meth:`open`, then :meth:`connect` once the answer is known.

    From then on a packet leaves every 20 ms, silence when there is nothing to say, until :meth:`close`.
    """

    def __init__(self, payload_type: int, telephone_event: int | None) -> None:
        self.payload_type = payload_type
        self.telephone_event = telephone_event
        self.received: list[Packet] = []
        self.others: list[tuple[bytes, tuple[str, int]]] = []
        """Datagrams that are not RTP version 2."""
        self.sends_silence = True
        self._remote: tuple[str, int] | None = None
        self._ssrc = next(_STREAMS)
        self._sequence_number = 1000
        self._timestamp = 160_000
        self._queue: deque[_Outgoing | asyncio.Future[None]] = deque()
        self._pacing: asyncio.TimerHandle | None = None
        self._next_tick = 0.0
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.DatagramTransport | None = None
        self._socket: StampedSocket | None = None
        _opened.add(self)

    @classmethod
    async def open(
        cls, payload_type: int = PCMU, telephone_event: int | None = 101, host: str = "127.0.0.1"
    ) -> Self:
        peer = cls(payload_type, telephone_event)
        peer._socket = StampedSocket.bound(host)
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: peer, sock=peer._socket)
        return peer

    @property
    def port(self) -> int:
        assert self._transport
        return int(self._transport.get_extra_info("sockname")[1])

    def connect(self, host: str, port: int) -> None:
        """Send to this address from now on; the first packet leaves at once."""
        starts = self._remote is None
        self._remote = (host, port)
        if starts:
            self._next_tick = self._loop.time()
            self._tick()

    @classmethod
    def close_all(cls) -> None:
        """Close those that the running loop still has: a loop of uvloop with an open one never closes."""
        for peer in [each for each in _opened if each._loop is asyncio.get_running_loop()]:
            peer.close()

    def close(self) -> None:
        _opened.discard(self)
        if self._pacing:
            self._pacing.cancel()
        if self._transport:
            self._transport.close()

    async def say(self, samples: Samples) -> None:
        """Speak; returns when the last packet has left."""
        await self._when_sent(self._speech(samples))

    def say_nowait(self, samples: Samples) -> None:
        """Queue sound behind what is being said."""
        self._queue.extend(self._speech(samples))

    async def press(self, keys: str | Iterable[KeyPress], gap: float = 0.08) -> None:
        """Press keys one after another as telephone events; returns when the last packet has left."""
        presses = [KeyPress(key) for key in keys] if isinstance(keys, str) else list(keys)
        for press in presses:
            await self._when_sent([*self._key_packets(press), *self._speech(silence(gap))])

    async def _when_sent(self, packets: Iterable[_Outgoing]) -> None:
        assert self._remote, "connect() comes before the first sound"
        done: asyncio.Future[None] = self._loop.create_future()
        self._queue.extend(packets)
        self._queue.append(done)
        await done

    def _speech(self, samples: Samples) -> Iterator[_Outgoing]:
        for start in range(0, len(samples) // FRAME * FRAME, FRAME):
            frame = samples[start : start + FRAME]
            yield _Outgoing(_ENCODE[self.payload_type](frame), self.payload_type)

    def _key_packets(self, press: KeyPress) -> Iterator[_Outgoing]:
        assert self.telephone_event is not None, "no telephone-event was negotiated"
        copies = 2 if press.duplicate else 1
        for number in range(press.ticks + 3):
            is_end = number >= press.ticks
            is_lost = number < press.lose_first or (is_end and number - press.ticks < press.lose_ends)
            duration = min(number + 1, press.ticks) * FRAME
            payload = struct.pack("!BBH", _KEYS.index(press.key), 0x80 * is_end | 10, duration)
            yield _Outgoing(
                payload,
                self.telephone_event,
                marker=press.marker and number == 0,
                age=number,
                copies=0 if is_lost else copies,
            )

    def _tick(self) -> None:
        self._send(self._due())
        self._timestamp = (self._timestamp + FRAME) & 0xFFFFFFFF
        self._next_tick += TICK
        self._pacing = self._loop.call_at(self._next_tick, self._tick)

    def _due(self) -> _Outgoing:
        while self._queue:
            first = self._queue.popleft()
            if isinstance(first, _Outgoing):
                return first
            if not first.done():
                first.set_result(None)
        return _Outgoing(self._quiet(), self.payload_type, copies=int(self.sends_silence))

    def _quiet(self) -> bytes:
        return _ENCODE[self.payload_type](silence(TICK))

    def _send(self, packet: _Outgoing) -> None:
        header = struct.pack(
            "!BBHII",
            0x80,
            packet.payload_type | 0x80 * packet.marker,
            self._sequence_number & 0xFFFF,
            (self._timestamp - packet.age * FRAME) & 0xFFFFFFFF,
            self._ssrc,
        )
        self._sequence_number += 1
        for _ in range(packet.copies):
            self.send_raw(header + packet.payload)

    def send_raw(self, datagram: bytes) -> None:
        """Send any bytes to the connected address."""
        assert self._transport
        self._transport.sendto(datagram, self._remote)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # cast, not isinstance: uvloop's transports are not subclasses.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        if len(data) < 12 or data[0] >> 6 != 2:
            self.others.append((data, source))
            return
        first, second, sequence_number, timestamp, ssrc = struct.unpack_from("!BBHII", data)
        start = 12 + 4 * (first & 0x0F)
        waited = self._socket.waited if self._socket is not None else 0.0
        self.received.append(
            Packet(
                self._loop.time() - waited,
                second & 0x7F,
                bool(second & 0x80),
                sequence_number,
                timestamp,
                ssrc,
                data[start:],
                source,
            )
        )

    def error_received(self, error: Exception) -> None:
        """A port of the other side that is closed already is no fault of a test."""

    def heard(self, since: float = 0.0) -> Samples:
        """Return the sound of the packets that came after `since`, laid out by their timestamps.

        What did not come is silence; packets of another stream (SSRC) follow the one before.
        """
        packets = [packet for packet in self.received if packet.at > since and packet.payload_type in _DECODE]
        pieces = []
        for _, stream in itertools.groupby(packets, key=lambda packet: packet.ssrc):
            pieces.append(_lay_out(list(stream)))
        return np.concatenate(pieces) if pieces else silence(0)

    def digits_heard(self) -> str:
        """Return the keys that came as telephone events, each event once."""
        events: dict[tuple[int, int], str] = {}
        for packet in self.received:
            if packet.payload_type == self.telephone_event and len(packet.payload) >= 4:
                events.setdefault((packet.ssrc, packet.timestamp), _KEYS[packet.payload[0] & 0x0F])
        return "".join(events.values())

    async def hears(
        self, frequency: float, seconds: float = 0.2, within: float = 5.0, since: float = 0.0
    ) -> None:
        """Wait until `frequency` has been heard for `seconds` in all."""
        await eventually(
            lambda: seconds_of_tone(self.heard(since), frequency) >= seconds,
            within,
            f"{seconds} s of {frequency} Hz are heard",
            context=self.description,
        )

    async def no_longer_hears(self, frequency: float, within: float = 5.0) -> None:
        """Wait until `frequency` has not been heard for 0.2 s."""
        await eventually(
            lambda: self._loop.time() - self.last_heard(frequency) > 0.2,
            within,
            f"{frequency} Hz have ended",
            context=self.description,
        )

    def last_heard(self, frequency: float) -> float:
        """Return when the last packet with this tone came (the loop's clock), 0 for never."""
        for packet in reversed(self.received):
            decode = _DECODE.get(packet.payload_type)
            if decode and bool(np.any(frames_of_tone(decode(packet.payload), frequency))):
                return packet.at
        return 0.0

    def gaps(self) -> GapStatistics:
        """Say how evenly the packets of the last stream came."""
        packets = [packet for packet in self.received if packet.ssrc == self.received[-1].ssrc]
        numbers = {packet.sequence_number for packet in packets}
        span = (packets[-1].sequence_number - packets[0].sequence_number) % 0x10000 + 1 if packets else 0
        waits = [after.at - before.at for before, after in itertools.pairwise(packets)]
        return GapStatistics(len(packets), span - len(numbers), max(waits, default=0.0))

    def description(self) -> str:
        """What was heard, for the text of a failure."""
        sound = self.heard()
        seconds = len(sound) / RATE
        spectrum = np.abs(np.fft.rfft(sound)) if len(sound) else np.zeros(1)
        strongest = float(np.argmax(spectrum)) * RATE / max(len(sound), 1)
        return (
            f"{len(self.received)} packets, {seconds:.2f} s of sound, strongest at {strongest:.0f} Hz, "
            f"loudest sample {int(np.max(np.abs(sound), initial=0))}, {len(self.others)} other datagrams"
        )


def _lay_out(packets: list[Packet]) -> Samples:
    first = packets[0].timestamp
    offsets = [(packet.timestamp - first + 0x80000000) % 0x100000000 - 0x80000000 for packet in packets]
    earliest = min(offsets)
    sound = [_DECODE[packet.payload_type](packet.payload) for packet in packets]
    # A jump of the timestamps beyond ten minutes is a fault of its own; it must not fill the memory here.
    length = max(offset - earliest + len(piece) for offset, piece in zip(offsets, sound, strict=True))
    assert length < 600 * RATE, f"timestamps run over {length} samples"
    laid_out = np.zeros(length, np.int16)
    for offset, piece in zip(offsets, sound, strict=True):
        laid_out[offset - earliest : offset - earliest + len(piece)] = piece
    return laid_out
