"""Copies of a leg's or a room's sound for recorders, streams and detectors."""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import hot, kernel, prefetch, word_at
from media.plane.kernels.rings import copy_to_tap, tell
from media.plane.legs import Array, Integer, Lane, LegRow, RoomRow

NUMBER, ADDRESS, DIRECTION = range(3)
"""Columns of a tap, and the arguments of the command that adds it, in this order."""


@hot
def change_taps(lane: Lane, tapped: LegRow | RoomRow, kind: Integer, command: Array) -> None:
    """Add a tap (number, address, direction) or remove the one with that number."""
    taps = tapped.taps
    for slot in range(c.TAPS):
        if kind == c.ADD_TAP and taps[slot, ADDRESS] == 0:
            for k in range(3):
                taps[slot, k] = command[c.ARGUMENTS + k]
            tapped.tap_count += 1
            tapped.listeners += 1
            return
        if kind == c.REMOVE_TAP and taps[slot, ADDRESS] != 0 and taps[slot, NUMBER] == command[c.ARGUMENTS]:
            taps[slot, ADDRESS] = 0
            tapped.tap_count -= 1
            tapped.listeners -= 1
            tell(lane, tapped, c.FREED, command[c.ARGUMENTS])
            return


@hot
def _tell_reader(lane: Lane, tapped: LegRow | RoomRow, slot: Integer) -> None:
    """Tell of a frame when the reader wants to know; the next one tells of both should the ring be full."""
    if word_at(tapped.taps[slot, ADDRESS] + 8 * c.SOUND_WANT_TOLD) != 0:
        tell(lane, tapped, c.TAPPED, tapped.taps[slot, NUMBER])


@hot
def _sum_into_work(lane: Lane, leg: LegRow) -> None:
    heard, spoken, work = leg.heard, lane.spoken, lane.work
    for j in range(c.FRAME):
        total = np.int32(np.int32(heard[j]) + np.int32(spoken[j]))
        work[j] = np.int16(min(max(total, np.int32(-32768)), np.int32(32767)))


@hot
def prefetch_taps(leg: LegRow) -> None:
    """Have the places of the taps brought in while the kernel reads the leg's socket."""
    if leg.tap_count > 0:
        prefetch(leg.taps.ctypes.data, 24 * c.TAPS)


@hot
def prefetch_rings(leg: LegRow) -> None:
    """Have the ends of the taps' rings brought in while the kernel sends."""
    if leg.tap_count > 0:
        for slot in range(c.TAPS):
            if leg.taps[slot, ADDRESS] != 0:
                prefetch(leg.taps[slot, ADDRESS], 8 * c.SOUND_WORDS)


@kernel
def copy_taps(lane: Lane, leg: LegRow) -> None:
    """Give every tap of the row its frame of this tick, after silence for turns that it missed."""
    for slot in range(c.TAPS):
        ring = leg.taps[slot, ADDRESS]
        if ring == 0:
            continue
        source = leg.heard.ctypes.data
        if leg.taps[slot, DIRECTION] == c.TAP_OUT:
            source = lane.spoken.ctypes.data
        elif leg.taps[slot, DIRECTION] == c.TAP_BOTH:
            _sum_into_work(lane, leg)
            source = lane.work.ctypes.data
        copy_to_tap(ring, lane.silence.ctypes.data, source, c.FRAME, leg.missed * c.FRAME)
        _tell_reader(lane, leg, slot)


@kernel
def copy_room_taps(lane: Lane, room: RoomRow) -> None:
    """Give every tap of a room the frame in ``lane.spoken``, as :func:`copy_taps` does."""
    for slot in range(c.TAPS):
        ring = room.taps[slot, ADDRESS]
        if ring != 0:
            missed = room.missed * c.FRAME
            copy_to_tap(ring, lane.silence.ctypes.data, lane.spoken.ctypes.data, c.FRAME, missed)
            _tell_reader(lane, room, slot)
