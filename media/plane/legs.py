"""The leg table: a record per leg, and one record for everything else that a media thread touches.

Records rather than an array per field: a kernel takes a leg and its thread as two pointers, and
what belongs to a leg lies together. Timestamps are RTP's 32 bits held in 64; durations are
samples of 8 kHz unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from media import dtmf_detector
from media.codecs import bands, g722
from media.codecs.opus import MAX_PACKET_SAMPLES
from media.plane import layout as c

Words = NDArray[np.int64]
Octets = NDArray[np.uint8]

LegRow: TypeAlias = Any
"""A record of :data:`LEG`: a pointer in compiled code, an ``np.record`` in Python."""
Lane: TypeAlias = Any
"""A record of :data:`LANE`."""
RoomRow: TypeAlias = Any
"""A record of :data:`ROOM`."""
PlayerRow: TypeAlias = Any
"""A record of :data:`PLAYER`."""
Integer: TypeAlias = Any
"""A machine integer in compiled code, a number of Python or numpy in the interpreter."""
Array: TypeAlias = Any
"""An array, or a part of a record that is one."""


CACHE_LINE = 64


def _record(fields: Sequence[tuple[Any, ...]]) -> np.dtype[Any]:
    """Return the layout of a record in which every array begins on a cache line."""
    offsets, end = [], 0
    for _, *form in fields:
        if len(form) > 1:
            end += -end % CACHE_LINE
        offsets.append(end)
        end += np.dtype(tuple(form) if len(form) > 1 else form[0]).itemsize
    return np.dtype(
        {
            "names": [name for name, *_ in fields],
            "formats": [tuple(form) if len(form) > 1 else form[0] for _, *form in fields],
            "offsets": offsets,
            "itemsize": end + -end % CACHE_LINE,
        }
    )


def _offset(layout: np.dtype[Any], name: str) -> int:
    assert layout.fields is not None
    return int(layout.fields[name][1])


def _words(*names: str) -> list[tuple[str, str]]:
    return [(name, "i8") for name in names]


# fmt: off
# What every tick of every leg touches comes first and lies together: a leg's memory is seldom in
# the processor's cache when its turn comes, and each line costs as much as a hundred additions.
_HOT = _words(
    # Where to read and send
    "socket", "latch", "closing", "last_turn", "missed", "listeners", "tap_count", "muted",
    # Contexts of SRTP, for what comes and for what goes, or 0
    "unseal", "seal",
    # The room it is in, or -1: who comes after it there, whether and how the room hears it, who coaches it
    "room", "next_member", "apart", "voiced", "shaping", "coach",
    # How loud the party is, what noise lies under it, and whether it speaks
    "power", "noise_power", "loud_run", "quiet_ticks", "talk_ticks",
    # What signalling settled; the clock is how many ticks of RTP there are in one of ours
    "hearing", "sending", "inband", "voice_type", "heard_voice_type", "heard_event_type", "law",
    "remote_known", "frame_out", "wide", "clock",
    # The source that is heard (RFC 3550 appendix A)
    "source_known", "source_ssrc", "highest", "seen", "received", "transit_known", "transit",
    "scaled_jitter", "last_heard_ns",
    # Jitter buffer
    "unasked", "started", "play", "high", "transit_base", "packet_samples", "grid", "suspect_timestamp",
    "late_run", "desired", "block", "since_adjusted", "quiet", "erased", "holes", "missing", "heard_end",

    # What is sent
    "ssrc", "sequence", "timestamp", "pending", "mark", "last_sent_ns", "prompt_address", "prompt_samples",
    "prompt_position", "prompt_loops", "prompt_ended", "source_address", "source_ended", "digits_address",
)

_COLD = _words(
    "row", "generation", "in_use", "phase", "phase_index", "any_host", "moving", "mux",
    # Named events sent: their type, and how many ticks of their clock there are in one of ours
    "event_type", "event_clock",
    "shared", "previous_member", "coached", "next_coach",
    "keys", "sources_proven", "proven_ssrc", "former_ssrc",
    # Where its record of WIDE lies
    "wide_address",
    # Opus: number and addresses of its states, what comes next, the octets of the packet that is being sent
    "opus", "opus_encoder", "opus_decoder", "opus_next", "opus_octets",
    # The peer's last timestamp, in its ticks and in ours, where its clock is another one
    "clock_stamp", "clock_ticks",
    # Until the peer is known (RFC 3550 appendix A.1, and the latch)
    "learn_ssrc", "learn_sequence", "learn_count", "stale_ssrc", "stale_sequence", "new_ssrc",
    "new_sequence", "first_sequence", "suspect", "lost_before",
    # Concealment, and the noise that the peer wants heard while it is silent
    "lag", "holes_in_a_row", "paused", "pause_end", "noise", "noise_seed",
    # How the room hears it: the gain, how far the gate is open, both together; the power of its speech
    "gain", "gate", "applied", "voice_power",
    # What was told last of whether it speaks
    "told_speaking",
    # Named events heard (RFC 4733)
    "event_known", "event_ssrc", "event_code", "event_timestamp", "event_duration", "event_sequence",
    "event_ended",
    # Numbers of what is played, and named events sent
    "prompt", "prompt_bands", "source", "digits", "digits_count", "digits_position", "pause_ticks",
    "press", "press_timestamp", "press_duration", "press_ends",
)

LEG = _record([
    *_HOT,
    ("count", "i8", c.COUNTERS),             # read by anyone
    ("needs", "i8", c.NEED_WORDS),           # what the jitter buffer would have needed in the last seconds
    ("packet", "u1", c.PACKET_ROOM),         # what is being filled: header, then payload
    ("jitter", "i2", c.RING),                # what was received, at its timestamp, and what was heard before
    *_COLD,
    ("taps", "i8", (c.TAPS, 3)),             # number, address and direction of each
    ("peer", "u1", c.ADDRESS_OCTETS),        # the socket address that we send to
    ("signalled", "u1", c.ADDRESS_OCTETS),   # the one that signalling named
    ("candidate", "u1", c.ADDRESS_OCTETS),   # one that may become the peer's
    ("heard", "i2", c.FRAME),                # the frame of this tick
    ("period", "i2", c.FRAME),               # the pitch period that stands in for what is missing
    ("tones", "f8", dtmf_detector.STATE_SIZE),
])

WIDE = _record([
    # The higher band of what was received, and both of what is heard
    ("jitter_high", "i2", c.RING),
    ("heard_bands", "i2", (2, c.FRAME)),
    ("heard_past", "f4", (2, bands.TAPS)),
    ("extra_past", "f4", bands.TAPS),
    ("period_high", "i2", c.FRAME),
    ("g722_heard", "i8", (2, g722.WORDS)),
    ("g722_said", "i8", (2, g722.WORDS)),
    ("opus_heard_past", "f4", (2, bands.QMF_TAPS // 2)),
    ("opus_said_past", "f4", (2, bands.QMF_TAPS // 2)),
])
"""What only a wideband leg has, as much as all of the row that others need: lent when it is first wanted."""

ROOM = _record([
    # Its row is told with ROOM_BASE added. A turn with no member costs little, but happens: prompts pass
    *_words("row", "generation", "in_use", "closing", "phase", "phase_index", "last_turn", "missed",
            "is_bridge", "first_member", "member_count", "tap_count", "listeners", "playing",
            "wide", "wide_seen", "direct", "watched", "speaker", "told_speaker", "loudest", "loudest_power",
            "challenger", "challenge"),
    ("total", "i4", c.FRAME),                # everybody who is heard in this tick, and the room's prompts
    ("taps", "i8", (c.TAPS, 3)),             # as a leg's
    ("bands", "i4", (2, c.FRAME)),           # while a member is wideband: the sum of both bands,
    ("narrow", "i4", c.FRAME),               # and of what has only one
    ("narrow_past", "f4", bands.TAPS),
])

PLAYER = _record(_words(
    "row", "generation", "prompt", "prompt_address", "prompt_bands", "prompt_samples", "prompt_position",
    "prompt_loops", "prompt_ended",
))
"""A sound that a room plays; its fields are those of a leg's prompt."""

COUNT_AT = _offset(LEG, "count")
HOT_OCTETS = COUNT_AT + CACHE_LINE
"""How much at the beginning of a record every tick touches: of the counters, those of what goes well."""
TOTAL_AT = _offset(ROOM, "total")

LANE = _record([
    # The thread's clock and counters; Python writes "stop" only, once the thread runs
    *_words("stop", "start_ns", "now_ns", "real_ns", "wall_ahead_ns", "now_samples",
            "wake_descriptor", "wake_needed", "host_octets", "leaving", "protect", "unprotect",
            "opus_encode", "opus_decode", "banded",
            "ticks_on_time", "ticks_late", "ticks_skipped", "worst_lateness_ns", "events_dropped"),
    ("lateness", "i8", c.LATENESS_BUCKETS),
    ("active_count", "i8", c.PHASES),
    ("room_count", "i8", c.PHASES),
    ("released_count", "i8", c.COUNTERS),    # the sums of rows that were released
    ("commands", "i8", (c.COMMANDS, c.COMMAND_WORDS)),
    ("command_ends", "i8", c.END_WORDS),
    ("events", "i8", (c.EVENTS, c.EVENT_WORDS)),
    ("event_ends", "i8", c.END_WORDS),
    ("packet_words", "i8", (c.PACKETS, c.PACKET_WORDS)),
    ("packet_senders", "u1", (c.PACKETS, c.ADDRESS_OCTETS)),
    ("packets", "u1", (c.PACKETS, c.PACKET_OCTETS)),
    ("packet_ends", "i8", c.END_WORDS),
    ("buffer", "u1", 2048),                  # the datagram that is being read
    ("address", "u1", c.ADDRESS_OCTETS),     # where it came from
    ("message", "i8", 7),                    # a struct msghdr
    ("vector", "i8", 2),                     # its struct iovec
    ("control", "i8", 8),                    # its control messages: the kernel's time stamp
    ("event_packet", "u1", 16),              # a named event to send
    ("frame_packet", "u1", c.HEADER + c.FRAME),  # the packet of the leg at hand, when a frame of G.711 is one
    ("sealed", "u1", c.SEALED_ROOM),         # a packet as SRTP
    ("length", "i4", 2),                     # its length, where libsrtp reads and writes it
    ("spoken", "i2", c.FRAME),               # what the leg at hand says in this tick
    ("sums", "i4", c.FRAME),                 # scratch for what cannot be clipped yet
    ("extra", "i2", c.FRAME),                # what is said to the leg at hand alone
    ("spoken_bands", "i2", (2, c.FRAME)),    # what it says, when it is wideband
    ("said_bands", "i2", (2, c.FRAME)),      # both bands of the prompt or stream at hand, when "banded"
    ("band_sums", "i4", (2, c.FRAME)),
    ("decoded", "i2", (2, c.MAX_PACKET)),    # both bands of the packet that is being received
    ("signal", "f4", bands.TAPS + c.FRAME),  # scratch of the filters between bands and narrowband sound
    ("filtered", "f4", c.FRAME),
    ("to_bands", "f4", bands.TO_BANDS.shape),
    ("from_bands", "f4", bands.FROM_BANDS.shape),
    ("opus_sound", "i2", MAX_PACKET_SAMPLES),
    ("half_signal", "f4", MAX_PACKET_SAMPLES // 2 + bands.QMF_TAPS),
    ("halves", "f4", (2, MAX_PACKET_SAMPLES // 2)),
    ("split_taps", "f4", bands.SPLIT_TAPS.shape),
    ("join_taps", "f4", bands.JOIN_TAPS.shape),
    ("silence", "i2", c.FRAME),
    ("work", "i2", c.HISTORY + 2 * c.FRAME), # scratch of the jitter buffer
    ("work_high", "i2", c.HISTORY + 2 * c.FRAME),
    ("energies", "f8", 16),                  # scratch of the tone detector
    ("tone_table", "f8", dtmf_detector.TABLE.shape),
])
# fmt: on


_NONE_AT_FIRST = (
    *("event_type", "heard_event_type", "stale_ssrc", "new_ssrc", "suspect", "suspect_timestamp", "press"),
    *("proven_ssrc", "former_ssrc"),
    *("room", "next_member", "previous_member", "coach", "coached", "next_coach"),
)


class LegTable(NamedTuple):
    """All memory of one media thread, allocated once for the whole port range.

    The system gives memory to pages that are written, so rows that were never used cost nothing.
    """

    legs: Any
    """``(rows,)`` of :data:`LEG`, written by the tick."""
    lanes: Any
    """``(1,)`` of :data:`LANE`."""
    active: NDArray[np.int32]
    """``(PHASES, rows)``: the rows of each phase that are in no room."""
    rooms: Any
    """``(rows,)`` of :data:`ROOM`: there can be as many rooms as legs."""
    players: Any
    """``(PLAYERS * rows,)`` of :data:`PLAYER`: those of room *n* from ``PLAYERS * n`` on."""
    active_rooms: NDArray[np.int32]
    """``(PHASES, rows)``: the rooms of each phase."""

    @property
    def lane(self) -> Lane:
        return self.lanes[0]

    def addresses(self) -> Words:
        """Return where each part lies, and how many rows there are: for compiled code."""
        return np.array([*(part.ctypes.data for part in self), len(self.legs)], np.int64)


HUGE_PAGE = 2 << 20


def _aligned(octets: int) -> Octets:
    """Return zeroed memory that begins on a huge page.

    Numpy asks for huge pages in large arrays; with them the tick needs few entries of the
    processor's address cache, which saves it a fifth of its time.
    """
    memory = np.zeros(octets + HUGE_PAGE, np.uint8)
    start = -memory.ctypes.data % HUGE_PAGE
    return memory[start : start + octets]


def allocate(rows: int) -> LegTable:
    """Make the table for ``rows`` legs."""
    memory = _aligned(LANE.itemsize + rows * LEG.itemsize)
    table = LegTable(
        legs=memory[LANE.itemsize :].view(LEG).view(np.recarray),
        lanes=memory[: LANE.itemsize].view(LANE).view(np.recarray),
        active=np.zeros((c.PHASES, rows), np.int32),
        rooms=_aligned(rows * ROOM.itemsize).view(ROOM).view(np.recarray),
        players=_aligned(c.PLAYERS * rows * PLAYER.itemsize).view(PLAYER).view(np.recarray),
        active_rooms=np.zeros((c.PHASES, rows), np.int32),
    )
    lane = table.lane
    lane.to_bands[:], lane.from_bands[:] = bands.TO_BANDS, bands.FROM_BANDS
    lane.split_taps[:], lane.join_taps[:] = bands.SPLIT_TAPS, bands.JOIN_TAPS
    lane.tone_table[:] = dtmf_detector.TABLE
    lane.vector[:] = lane.buffer.ctypes.data, len(lane.buffer)
    return table


def clear_row(leg: LegRow) -> None:
    """Make a row that the tick does not touch as new: nothing heard, agreed or played."""
    for name in LEG.names or ():
        leg[name] = 0
    for name in _NONE_AT_FIRST:
        leg[name] = -1
    leg.tones[[dtmf_detector.KEY, dtmf_detector.CANDIDATE]] = -1
    leg.frame_out = c.FRAME
    leg.mark = leg.clock = leg.event_clock = leg.noise_seed = 1
    leg.noise_power = c.FIRST_NOISE
    leg.quiet_ticks = c.STOP_TICKS
    leg.gain = leg.gate = leg.applied = c.UNITY


def clear_room(room: RoomRow) -> None:
    """Make a room that the tick does not touch as new: nobody in it, nothing played or recorded."""
    for name in ROOM.names or ():
        room[name] = 0
    room.first_member = room.speaker = room.told_speaker = room.loudest = room.challenger = -1
