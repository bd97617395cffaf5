"""DTMF as named events in RTP, in and out (RFC 4733 sections 2.2 to 2.5 and 3.2)."""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass

from media.errors import MediaMisuse, PacketError
from media.rtp.sequence import MAX_MISORDER, sequence_delta, timestamp_delta

DIGITS = "0123456789*#ABCD"
"""Event codes 0 to 15 (RFC 4733 section 3.2, table 3)."""

MAX_DURATION = 0xFFFF
END_PACKETS = 3
"""The last packet of an event is sent three times (section 2.5.1.4)."""

DEFAULT_VOLUME = 10
"""Our digits' power: -10 dBm0, within the range of section 2.3.3 that detectors accept."""

PAUSES_MS = {"w": 500, "W": 1000}
"""Pauses that may stand between keys."""

_PAYLOAD = struct.Struct("!BBH")


@dataclass(frozen=True, slots=True)
class TelephoneEvent:
    """One payload (section 2.3)."""

    event: int
    end: bool
    volume: int
    """Power in dBm0 with its sign dropped: 0 is loudest, 63 softest."""
    duration: int
    """Timestamp units since the event began."""

    @classmethod
    def parse(cls, payload: bytes) -> TelephoneEvent:
        """Read a payload; octets after the fourth belong to older events (section 2.5.1.5) and are left."""
        if len(payload) < _PAYLOAD.size:
            raise PacketError(f"a telephone-event payload of {len(payload)} octets needs {_PAYLOAD.size}")
        event, flags, duration = _PAYLOAD.unpack_from(payload)
        return cls(event, bool(flags & 0x80), flags & 0x3F, duration)

    def build(self) -> bytes:
        if not (0 <= self.event <= 255 and 0 <= self.volume <= 63 and 0 <= self.duration <= MAX_DURATION):
            raise MediaMisuse(f"{self} does not fit a telephone-event payload")
        return _PAYLOAD.pack(self.event, self.end << 7 | self.volume, self.duration)

    @property
    def digit(self) -> str | None:
        """The key, or None for an event that is no key."""
        return DIGITS[self.event] if self.event < len(DIGITS) else None


@dataclass(slots=True)
class _Heard:
    """The event that was heard last, by its newest packet."""

    ssrc: int
    event: int
    timestamp: int
    duration: int
    sequence_number: int
    ended: bool


class TelephoneEventReceiver:
    """Turns the packets of a stream into keys, each reported once, as early as possible.

    A key is reported at the first of its packets that arrives, whichever that is: the first,
    the last or all but one may be lost, the marker may be missing, and packets may come twice
    or late. Packets belong to the same press when they share SSRC, event and timestamp.
    Beyond the RFC two faults seen in gateways are forgiven: a timestamp that advances with
    every update of one press, and a timestamp that never changes between presses.
    """

    def __init__(self) -> None:
        self._last: _Heard | None = None
        self.malformed = 0

    def receive(
        self, payload: bytes, *, ssrc: int, timestamp: int, sequence_number: int, marker: bool = False
    ) -> str | None:
        """Return the key that this packet is the first to tell of, else None."""
        try:
            heard = TelephoneEvent.parse(payload)
        except PacketError:
            self.malformed += 1
            return None
        last = self._last
        if last is not None and last.ssrc == ssrc:
            if self._is_late(last, sequence_number, timestamp):
                return None
            if self._continues(last, heard, timestamp, marker):
                last.timestamp = timestamp
                last.duration = heard.duration
                last.sequence_number = sequence_number
                last.ended |= heard.end
                return None
        self._last = _Heard(ssrc, heard.event, timestamp, heard.duration, sequence_number, heard.end)
        return heard.digit

    @staticmethod
    def _is_late(last: _Heard, sequence_number: int, timestamp: int) -> bool:
        """Tell a late or repeated packet from news.

        Further behind than misordering explains, the stream has jumped. A later timestamp is
        news too: between two presses the sequence numbers may have gone all the way round.
        """
        behind = -MAX_MISORDER < sequence_delta(sequence_number, last.sequence_number) <= 0
        return behind and timestamp_delta(timestamp, last.timestamp) <= 0

    @staticmethod
    def _continues(last: _Heard, heard: TelephoneEvent, timestamp: int, marker: bool) -> bool:
        if heard.event != last.event:
            return False
        advance = timestamp_delta(timestamp, last.timestamp)
        if advance == 0:
            # A finished event whose timestamp comes again, marked and shorter: a new press from
            # a gateway that does not advance it.
            return not (last.ended and marker and heard.duration < last.duration)
        if last.ended:
            # An end that is repeated under a timestamp that creeps: no press begins within another one.
            repeated = heard.end and not marker and heard.duration == last.duration
            return repeated and 0 < advance < heard.duration
        # Section 2.5.1.3: an event of more than 65535 units goes on as a segment that begins
        # where the full one stopped.
        next_segment = advance == MAX_DURATION and last.duration == MAX_DURATION
        creeping = 0 < advance == heard.duration - last.duration
        return next_segment or creeping


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """What the next packet of the stream carries instead of sound."""

    payload: bytes
    timestamp: int
    marker: bool


@dataclass(slots=True)
class _Sending:
    event: int
    timestamp: int
    duration: int = 0
    ends_sent: int = 0
    started: bool = False


class TelephoneEventSender:
    """Turns a string of keys into packets, one a frame, with time taken from the stream.

    Ask :meth:`next_frame` once a frame: None means that sound (or nothing) goes out. ``w`` in
    the string is a pause of half a second, ``W`` of a second.
    """

    def __init__(
        self, *, clock_rate: int = 8000, ptime_ms: int = 20, press_ms: int = 100, gap_ms: int = 80
    ) -> None:
        self._frame_units = clock_rate * ptime_ms // 1000
        self._press_units = max(self._frame_units, min(clock_rate * press_ms // 1000, MAX_DURATION))
        self._gap_frames = -(-gap_ms // ptime_ms)
        self._ptime_ms = ptime_ms
        self._waiting: deque[str] = deque()
        self._quiet_frames = 0
        self._sending: _Sending | None = None

    @property
    def idle(self) -> bool:
        """Whether every key, and the gap after the last one, is over."""
        return self._sending is None and not self._waiting and not self._quiet_frames

    def press(self, keys: str) -> None:
        """Append ``keys``; raises :class:`MediaMisuse` for what is no key, and sends none then."""
        for key in keys:
            if key.upper() not in DIGITS and key not in PAUSES_MS:
                raise MediaMisuse(f"{key!r} in {keys!r} is no key: use 0-9, *, #, A-D and w for a pause")
        self._waiting.extend(keys)

    def next_frame(self, timestamp: int) -> OutgoingEvent | None:
        """Return what goes out in the frame that would carry sound stamped ``timestamp``."""
        if self._sending is None and not self._begin(timestamp):
            return None
        assert self._sending is not None
        return self._advance(self._sending)

    def _begin(self, timestamp: int) -> bool:
        if self._quiet_frames:
            self._quiet_frames -= 1
            return False
        if not self._waiting:
            return False
        key = self._waiting.popleft()
        if key in PAUSES_MS:
            self._quiet_frames = PAUSES_MS[key] // self._ptime_ms - 1
            return False
        self._sending = _Sending(DIGITS.index(key.upper()), timestamp)
        return True

    def _advance(self, sending: _Sending) -> OutgoingEvent:
        sending.duration = min(sending.duration + self._frame_units, self._press_units)
        marker = not sending.started
        sending.started = True
        end = sending.duration >= self._press_units
        event = TelephoneEvent(sending.event, end, DEFAULT_VOLUME, sending.duration)
        if end:
            sending.ends_sent += 1
        if sending.ends_sent == END_PACKETS:
            self._sending = None
            self._quiet_frames = self._gap_frames
        return OutgoingEvent(event.build(), sending.timestamp & 0xFFFFFFFF, marker)
