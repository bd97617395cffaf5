"""How loud each party is, whether it speaks, for how long in all, and who speaks before all others in a room.

Told by energy, as :mod:`media.voice_activity` does for what Python listens to, in whole numbers: a power
is the sum of squares of a frame, of samples that lose 4 bits so that it fits 32.
"""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import hot
from media.plane.kernels.rings import tell
from media.plane.legs import Array, Integer, Lane, LegRow, LegTable, RoomRow

LOUDNESS_SHIFT = 3
"""The power of a party follows an eighth of every change: over 160 ms."""
QUIETEST_SPEECH = 6711
"""-50 dBFS: nothing below counts, however quiet the line."""
LEAST_NOISE, MOST_NOISE = QUIETEST_SPEECH >> 3, 67109
"""Bounds of the floor, -59 and -40 dBFS: quieter noise counts as so much, and music does not become noise."""
ABOVE_NOISE = 8
"""A frame so many times the noise, 9 dB, is loud."""
RISE_SHIFT = 5
"""The floor rises by a 32nd in a tick, 6.7 dB a second: slower than syllables."""
ONSET_TICKS = 2
"""Loud frames in a row that make speech begin: one alone is a click."""
HANG_OVER_TICKS = 10
"""Pauses between words that still belong to speech, 200 ms."""
SILENT_LEADER_TICKS, LOUDER_TICKS = 10, 25
"""How long one who speaks must stand out to become the leader, while that one is silent and while not."""
NOBODY = -1


@hot
def frame_power(sound: Array) -> Integer:
    """Return the power of a frame."""
    power = np.int32(0)
    for j in range(len(sound)):
        sample = np.int32(np.int32(sound[j]) >> np.int32(4))
        power = np.int32(power + np.int32(sample * sample))
    return np.int64(power)


@hot
def _follow_speech(leg: LegRow, power: Integer) -> None:
    """Take in the power of the frame that a party has just said."""
    leg.power += (power - leg.power) >> LOUDNESS_SHIFT
    loud = np.int64(power > max(ABOVE_NOISE * leg.noise_power, QUIETEST_SPEECH))
    followed = min(power, leg.noise_power + (leg.noise_power >> RISE_SHIFT))
    leg.noise_power = min(max(followed, LEAST_NOISE), MOST_NOISE)
    leg.loud_run = (leg.loud_run + 1) * loud
    if leg.loud_run >= ONSET_TICKS or (loud and leg.quiet_ticks <= HANG_OVER_TICKS):
        leg.quiet_ticks = 0
    else:
        leg.quiet_ticks = min(leg.quiet_ticks + 1, c.STOP_TICKS)
    leg.talk_ticks += leg.quiet_ticks <= HANG_OVER_TICKS


@hot
def _fall_silent(leg: LegRow) -> None:
    """Take note that nobody may hear a party: what it says is no talk, and tells nothing of its noise."""
    leg.power = 0
    leg.loud_run = 0
    leg.quiet_ticks = min(leg.quiet_ticks + 1, c.STOP_TICKS)


@hot
def follow_party(leg: LegRow, power: Integer) -> None:
    """Take in the power of the frame of this tick; what nobody may hear, or never began, is no speech."""
    if leg.muted or leg.apart or leg.started == 0:
        _fall_silent(leg)
    else:
        _follow_speech(leg, power)


@hot
def begin_contest(room: RoomRow) -> None:
    """Begin to look for the loudest who speaks in this tick."""
    room.loudest = NOBODY
    room.loudest_power = 0


@hot
def _name(leg: LegRow) -> Integer:
    return (leg.generation << c.ROW_BITS) | leg.row


@hot
def tell_speech(lane: Lane, room: RoomRow, leg: LegRow) -> None:
    """Enter a member into the contest, and tell when it begins or stops to speak, where that is wanted."""
    if leg.quiet_ticks <= HANG_OVER_TICKS and leg.power > room.loudest_power:
        room.loudest = leg.row
        room.loudest_power = leg.power
    if room.watched:
        speaks = np.int64(leg.quiet_ticks < c.STOP_TICKS)
        if speaks != leg.told_speaking and tell(lane, room, c.SPEAKS, (_name(leg) << 1) | speaks):
            leg.told_speaking = speaks


@hot
def _stands_out(table: LegTable, room: RoomRow) -> Integer:
    """Tell whether the loudest member now speaks over the leader, and how long it must to take the lead."""
    if room.speaker < 0:
        return np.int64(1)
    leader = table.legs[room.speaker]
    if leader.quiet_ticks > HANG_OVER_TICKS:
        return np.int64(SILENT_LEADER_TICKS)
    # 3 dB: who is about as loud changes nothing.
    return np.int64(LOUDER_TICKS if room.loudest_power > 2 * leader.power else 0)


@hot
def end_contest(table: LegTable, lane: Lane, room: RoomRow) -> None:
    """Choose who leads: who does, until another has stood out for some time. Silence changes nothing."""
    wanted = np.int64(0)
    if room.loudest >= 0 and room.loudest != room.speaker:
        wanted = _stands_out(table, room)
    if wanted == 0:
        room.challenge = 0
    else:
        room.challenge = room.challenge + 1 if room.challenger == room.loudest else np.int64(1)
        room.challenger = room.loudest
        if room.challenge >= wanted:
            room.speaker = room.loudest
            room.challenge = 0
    news = room.watched and room.speaker >= 0 and room.speaker != room.told_speaker
    if news and tell(lane, room, c.LEADS, _name(table.legs[room.speaker])):
        room.told_speaker = room.speaker


@hot
def leave_contest(room: RoomRow, leg: LegRow) -> None:
    """Take note that a member leaves."""
    leg.told_speaking = 0
    if room.speaker == leg.row:
        room.speaker = NOBODY
    if room.told_speaker == leg.row:
        # Nobody needs to be told: that one has left is known.
        room.told_speaker = NOBODY
    if room.challenger == leg.row:
        room.challenger = NOBODY
