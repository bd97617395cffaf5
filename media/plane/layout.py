"""Numbers that the tick and the event loop agree on: sizes, states, kinds of commands and events.

Plain integers, because compiled code takes module constants and nothing else. Durations are
samples of 8 kHz unless a name says otherwise.
"""

from __future__ import annotations

FRAME = 160
"""Samples of one tick."""
TICK_NS = 20_000_000
PHASES = 4
"""A tick passes in four parts, each with a quarter of the legs, so that sends are no burst."""
PHASE_NS = TICK_NS // PHASES
SAMPLE_NS = 125_000
RING = 4096
"""Samples of a leg's jitter ring: half a second. It divides 2**32, so a timestamp is its own index."""
RING_MASK = RING - 1
HOLE = -32768
"""Marks a sample that has not come. No G.711 code stands for it."""
HISTORY = 320
"""Samples kept before the frame that is heard now: two of the longest pitch periods."""
MAX_PACKET = 1600
"""Samples one packet may carry, 200 ms: more than any phone sends in a packet, less than the ring holds."""
ADDRESS_OCTETS = 32
"""Room for a sockaddr_in or sockaddr_in6."""
HEADER = 12
"""Octets of the fixed RTP header that we send."""
MAX_FRAME_OUT = 480
"""Samples of the longest packet that we send: 60 ms."""
PACKET_ROOM = HEADER + MAX_FRAME_OUT + FRAME
SEALED_ROOM = PACKET_ROOM + 144
"""With room for the longest authentication tag and key identifier of libsrtp."""
TAPS = 8
"""Copies of a leg's or a room's sound at a time: a recording and a transcription of both sides take four."""

BLOCKS = 4
"""Intervals of one second over which the need of the jitter buffer is remembered."""
BLOCK_SAMPLES = 8000
BLOCK_WORDS = 3
NEED_WORDS = BLOCKS * BLOCK_WORDS
"""Per block the largest need, the second largest and the smallest transit."""

# fmt: off
(
    PACKETS_SENT, OCTETS_SENT, SEND_ERRORS, PACKETS_RECEIVED, OCTETS_RECEIVED,
    DUPLICATED, REORDERED, LATE, CONCEALED, INSERTED, REMOVED,
    FOREIGN, MALFORMED, REFUSED, DIGITS_HEARD, UNAUTHENTIC, COUNTERS,
) = range(17)
# fmt: on

LATENESS_BUCKETS = 24
"""Bucket ``n`` counts phases that began less than ``2**n`` microseconds late."""

LAW_MU, LAW_A, G722, DECODED, OPUS = range(5)
"""How sound is coded. DECODED: it lies in ``lane.decoded`` already, as two bands."""

LATCH_OPEN, LATCH_DRAINING, LATCH_SEALED = range(3)
"""Open: the peer's address is not proven. Draining: the socket is connected, but packets that
came before may still wait in it. Sealed: only the peer's packets can be read."""
LEARN_PACKETS = 4
"""An address that was not signalled must send this many packets, each newer, to become the peer."""
LEARN_WINDOW = 16
"""Each of them at most so far ahead of the one before: a third of a second of 20 ms packets may be lost."""

CANDIDATE_NONE = -1

# A command: its kind, row, generation and arguments, in COMMAND_WORDS words.
COMMAND_WORDS = 16
ARGUMENTS = 3
"""Where a command's arguments begin: behind kind, row and generation."""
COMMANDS = 4096
"""Places in the ring; a power of two, as in every ring."""
# fmt: off
(
    OPEN, APPLY, CLOSE, PLAY_PROMPT, STOP_PROMPT, PRESS_DIGITS, STOP_DIGITS,
    ADD_TAP, REMOVE_TAP, SET_SOURCE, REMOVE_SOURCE, MUTE, SET_KEYS, SET_OPUS, SET_WIDE,
    JOIN, LEAVE, SET_MEMBER, COACH, DEPART, ARRIVE, SHAPE, WATCH,
) = range(23)
# fmt: on

FLAG_HEARING, FLAG_SENDING, FLAG_INBAND, FLAG_ANY_HOST, FLAG_MUX, FLAG_REMOTE_KNOWN = 1, 2, 4, 8, 16, 32
FLAG_MOVING, FLAG_SLOW_EVENTS = 64, 128
"""SLOW_EVENTS: the peer counts the duration of keys by a clock of 8 kHz, whatever that of the sound is."""

ROW_BITS = 24
ROOM_BASE = 1 << ROW_BITS
"""Rows of commands and events from here on are rooms."""
PLAYERS = 4
"""Sounds that a room plays at a time."""
MEMBER_MUTED, MEMBER_HELD, MEMBER_COACHING = 1, 2, 4
"""Reasons why the room does not hear a member, in ``apart``; one who is held does not hear it either."""

FIRST_NOISE = 6711
"""The noise that is expected on a line until something is known: -50 dBFS, in the unit of a leg's power."""
STOP_TICKS = 50
"""A second of quiet ends speech, so that a breath does not."""
UNITY = 4096
"""The gain that changes nothing."""
SHAPE_GAIN, SHAPE_GATE, SHAPE_ENDING = 1, 2, 4
"""What is done to a member's sound before the room hears it. ENDING: nothing, from the next frame on."""

STAYING, CLOSING, DEPARTING = range(3)
"""Whether a row leaves the tick after its turn: for good, or for another thread."""

# An event: kind, row, generation, value.
EVENT_WORDS = 4
EVENTS = 8192
RELEASED, FINISHED, FREED, DIGIT, SOURCE_ROOM, SOURCE_PLAYED, DEPARTED, TAPPED, SPEAKS, LEADS = range(10)
"""RELEASED: the row is no longer touched; the value is the SSRC that was heard with the last
sequence number below it, 16 bits, or -1. FINISHED: the sound of that number was played and sent.
FREED: the tick let go of the memory of that number before its end. DIGIT: an RFC 4733 code, or
INBAND_KEY plus the place in ``DTMF_KEYS`` of a key that was heard as tones. DEPARTED: as RELEASED, but the
row's content is wanted on another thread. TAPPED: the tap of that number, whose reader wants to know, was
given a frame. SPEAKS: a member of a watched room began or stopped to speak; LEADS: one
now speaks before all others. The value is its row, its generation above ``ROW_BITS``, and of SPEAKS, below
both, whether it began."""
INBAND_KEY = 16

PAUSE = 16
"""Codes of a digit string from here on are pauses of so many ticks more."""

SO_TIMESTAMPNS = 35
"""The option of a socket that asks for time stamps, and the type of the control message that brings one."""

PACKETS = 256
PACKET_OCTETS = 1536
PACKET_WORDS = 4
"""Of a packet that is passed to the event loop: row, generation, octets, arrival in nanoseconds."""

# Ends of a ring of commands, events or packets: a cache line each, so that the two sides do not
# take one from each other.
HEAD, TAIL, END_WORDS = 0, 8, 16

# Words before the samples of a sound ring. The first line is the writer's, the second the reader's.
SOUND_HEAD, SOUND_DROPPED, SOUND_OWED, SOUND_SIZE, SOUND_ENDED, SOUND_BANDED = 0, 1, 2, 3, 4, 5
SOUND_TAIL, SOUND_WANT_ROOM, SOUND_WANT_PLAYED, SOUND_FORGET, SOUND_HELD = 8, 9, 10, 11, 12
SOUND_WANT_TOLD = 13
SOUND_WORDS = 16
"""SOUND_ENDED: its reader was told that no more sound comes."""

TAP_IN, TAP_OUT, TAP_BOTH = range(3)
