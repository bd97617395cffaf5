"""Who hears whom in a room: one sum of everybody, and for each member that sum without itself.

Sums are wide and clipped once, last, so that a member's own loudness cannot distort what it
hears of the others. The cost of a member does not depend on how many there are.
"""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import copy_octets, hot, kernel
from media.plane.kernels.bands import hear_wide_member
from media.plane.kernels.gain import shape
from media.plane.kernels.speech import tell_speech
from media.plane.legs import Array, Integer, Lane, LegRow, LegTable, RoomRow


@hot
def clear(total: Array) -> None:
    """Begin a sum."""
    for j in range(c.FRAME):
        total[j] = np.int32(0)


@hot
def add(total: Array, sound: Array) -> None:
    """Add a frame to a sum."""
    for j in range(c.FRAME):
        total[j] = np.int32(total[j] + np.int32(sound[j]))


@hot
def subtract(total: Array, sound: Array) -> None:
    """Take a frame out of a sum."""
    for j in range(c.FRAME):
        total[j] = np.int32(total[j] - np.int32(sound[j]))


@hot
def clip(total: Array, target: Array) -> None:
    """Write a sum as samples."""
    for j in range(c.FRAME):
        target[j] = np.int16(min(max(total[j], np.int32(-32768)), np.int32(32767)))


@hot
def clip_others(total: Array, own: Array, target: Array) -> None:
    """Write as samples what is left of a sum without ``own``, which is part of it."""
    for j in range(c.FRAME):
        others = np.int32(total[j] - np.int32(own[j]))
        target[j] = np.int16(min(max(others, np.int32(-32768)), np.int32(32767)))


@hot
def hear_member(lane: Lane, room: RoomRow, leg: LegRow) -> None:
    """Add what a member has heard from its party in this tick, unless the room does not hear it."""
    leg.voiced = np.int64(leg.apart == 0 and leg.started != 0)
    room.wide_seen |= leg.wide
    tell_speech(lane, room, leg)
    if leg.voiced == 0:
        return
    if leg.shaping:
        shape(leg)
    if room.direct == 0:
        add(room.total, leg.heard)
    if room.wide:
        hear_wide_member(room, leg)


@kernel
def _say_room_with_more(table: LegTable, lane: Lane, leg: LegRow, said: Integer) -> None:
    """Lay the room, and what coaches say to this leg alone, under the ``said`` samples of its own sounds."""
    total, sums = table.rooms[leg.room].total, lane.sums
    for j in range(c.FRAME):
        sums[j] = total[j]
    if leg.voiced:
        subtract(sums, leg.heard)
    for j in range(said):
        sums[j] = np.int32(sums[j] + np.int32(lane.spoken[j]))
    add_coaches(table, lane, leg, sums)
    clip(sums, lane.spoken)


@hot
def add_coaches(table: LegTable, lane: Lane, leg: LegRow, sums: Array) -> None:
    """Add what coaches say to this leg alone."""
    coach = leg.coach
    while coach >= 0:
        other = table.legs[coach]
        # One who has only just come into this phase has no frame of this tick.
        if other.apart == c.MEMBER_COACHING and other.last_turn == lane.now_samples and other.started != 0:
            add(sums, other.heard)
        coach = other.next_coach


@hot
def _say_other(table: LegTable, lane: Lane, room: RoomRow, leg: LegRow) -> None:
    """Put what the other member of a bridge has said in this tick into ``lane.spoken``, or silence."""
    other = table.legs[leg.next_member if leg.next_member >= 0 else room.first_member]
    # One who has only just come into this phase has no frame of this tick.
    if other.voiced and other.last_turn == lane.now_samples:
        copy_octets(lane.spoken.ctypes.data, other.heard.ctypes.data, 2 * c.FRAME)
        return
    for j in range(c.FRAME):
        lane.spoken[j] = np.int16(0)


@hot
def say_room(table: LegTable, lane: Lane, leg: LegRow, said: Integer) -> None:
    """Put what a member hears of its room into ``lane.spoken``, where ``said`` samples are there already."""
    if said > 0 or leg.coach >= 0:
        _say_room_with_more(table, lane, leg, said)
    elif table.rooms[leg.room].direct:
        _say_other(table, lane, table.rooms[leg.room], leg)
    elif leg.voiced:
        clip_others(table.rooms[leg.room].total, leg.heard, lane.spoken)
    else:
        clip(table.rooms[leg.room].total, lane.spoken)
