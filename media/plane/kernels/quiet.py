"""Pauses that the peer wants: comfort noise (RFC 3389), and silence of which it sends nothing.

Such a pause is no loss. It is told from one by what the peer says (comfort noise, a packet of Opus that says
silence, a key), or by numbers that follow one another over a gap in time.
"""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import hot, kernel
from media.plane.kernels.bits import ahead32
from media.plane.legs import Array, Integer, Lane, LegRow

FULL_NOISE = 56755.0
"""The amplitude of noise whose power is that of an overloaded system: its values are spread evenly."""
LOUDEST_NOISE = 32767


@kernel
def begin_quiet(lane: Lane, leg: LegRow, start: Integer, end: Integer) -> None:
    """Take in comfort noise, whose first octet is its level in -dBov; its spectrum is not followed."""
    leg.quiet = 1
    leg.noise = 0
    if end > start:
        level = np.int64(lane.buffer[start]) & 0x7F
        leg.noise = min(np.int64(FULL_NOISE * 10.0 ** (-level / 20.0)), LOUDEST_NOISE)


@hot
def go_on(leg: LegRow, timestamp: Integer, end: Integer, after_pause: Integer) -> None:
    """Take in that a packet in order brought sound from ``timestamp`` to ``end``, perhaps after a pause.

    What was missing before it is known for that pause by now, or for a loss.
    """
    leg.heard_end = end
    if after_pause:
        leg.paused = 1
        leg.pause_end = timestamp
    elif leg.missing:
        leg.count[c.CONCEALED] += leg.missing
    leg.missing = 0


@hot
def is_paused(leg: LegRow) -> Integer:
    """Tell whether what is missing now is a pause that the peer wants, as far as it is known."""
    if leg.paused and ahead32(leg.pause_end, leg.play) <= 0:
        leg.paused = 0
    return leg.quiet | leg.paused


@hot
def add_noise(leg: LegRow, sound: Array, start: Integer, end: Integer) -> None:
    """Add white noise of the level that the peer wants to a part of ``sound``."""
    seed, loudness = leg.noise_seed, leg.noise
    for j in range(start, end):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        noise = (((seed >> 15) & 0xFFFF) - 32768) * loudness >> 15
        sound[j] = np.int16(min(max(np.int64(sound[j]) + noise, -32767), 32767))
    leg.noise_seed = seed
