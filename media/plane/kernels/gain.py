"""What is done to a member's sound before a room hears it, where asked for: a steady loudness, and a gate.

Gains are whole numbers of 4,096ths. Each frame is led from the gain of the one before to its own, so that no
step is heard, and clipped once, last.
"""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import hot, kernel
from media.plane.kernels.speech import HANG_OVER_TICKS, frame_power
from media.plane.kernels.wide import wide_of
from media.plane.legs import Array, Integer, LegRow

WANTED_POWER = 6_710_886
"""-20 dBFS RMS, what telephones are made for (ITU-T P.56 speech levels lie at -19 to -26)."""
LEAST_GAIN, MOST_GAIN = 1024, 32768
"""From -12 to +18 dB."""
VOICE_SHIFT = 4
"""The loudness of speech follows a 16th of every change: over 320 ms of speech, pauses left out."""
FALL_SHIFT, RISE_SHIFT = 3, 6
"""A gain that is too great falls by an eighth of the rest in a tick; one too small rises by a 64th."""
CLOSED = 128
"""What a closed gate lets through: -30 dB, so that a line does not sound dead."""
CLOSE_SHIFT = 2
"""A gate closes by a quarter of the rest in a tick, over 100 ms; it opens within one frame."""


@hot
def _follow_voice(leg: LegRow, power: Integer) -> None:
    """Lead the gain to where speech as loud as of late is as loud as wanted; pauses tell nothing."""
    if leg.quiet_ticks > 0 or power == 0:
        return
    if leg.voice_power == 0:
        leg.voice_power = power
    leg.voice_power += (power - leg.voice_power) >> VOICE_SHIFT
    ratio = np.sqrt(np.float64(WANTED_POWER) / np.float64(max(leg.voice_power, 1)))
    wanted = min(max(np.int64(c.UNITY * ratio), LEAST_GAIN), MOST_GAIN)
    rest = wanted - leg.gain
    leg.gain += rest >> (RISE_SHIFT if rest > 0 else FALL_SHIFT)


@hot
def _follow_pauses(leg: LegRow) -> None:
    """Open the gate for what may be speech, and close it behind it."""
    if leg.quiet_ticks <= HANG_OVER_TICKS or leg.loud_run > 0:
        leg.gate = c.UNITY
    else:
        leg.gate += (CLOSED - leg.gate) >> CLOSE_SHIFT


@hot
def lead_gain(sound: Array, before: Integer, after: Integer) -> None:
    """Make a frame louder or quieter, from one gain to another."""
    start, change = np.int32(before), np.int32(after - before)
    for j in range(c.FRAME):
        gain = np.int32(start + np.int32(change * np.int32(j + 1)) // np.int32(c.FRAME))
        louder = np.int32(np.int32(np.int32(sound[j]) * gain) >> np.int32(12))
        sound[j] = np.int16(min(max(louder, np.int32(-32767)), np.int32(32767)))


@kernel
def shape(leg: LegRow) -> None:
    """Bring what a member has said in this tick to the loudness that the room is to hear."""
    gain = np.int64(c.UNITY)
    if leg.shaping & c.SHAPE_GAIN:
        _follow_voice(leg, frame_power(leg.heard))
        gain = leg.gain
    if leg.shaping & c.SHAPE_GATE:
        _follow_pauses(leg)
        gain = (gain * leg.gate) >> 12
    lead_gain(leg.heard, leg.applied, gain)
    if leg.wide:
        lead_gain(wide_of(leg).heard_bands[0], leg.applied, gain)
        lead_gain(wide_of(leg).heard_bands[1], leg.applied, gain)
    leg.applied = gain
    if leg.shaping == c.SHAPE_ENDING and gain == c.UNITY:
        leg.shaping = 0


@hot
def change_shape(leg: LegRow, shaping: Integer) -> None:
    """Do this to a member's sound from now on; what is no more done is led back first."""
    if leg.shaping & c.SHAPE_GAIN == 0:
        leg.voice_power = 0
        leg.gain = c.UNITY
    if leg.shaping & c.SHAPE_GATE == 0:
        leg.gate = c.UNITY
    leg.shaping = shaping if shaping or leg.shaping == 0 else c.SHAPE_ENDING


@hot
def end_shape(leg: LegRow) -> None:
    """Leave the sound of one who leaves as it is."""
    leg.shaping = 0
    leg.applied = c.UNITY
