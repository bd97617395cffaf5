"""Wideband sound in the tick: what a leg hears and says above 4 kHz, beside what it hears and says below.

A wideband leg has two bands of 8 kHz (:mod:`media.codecs.bands`), so that time, jitter and
concealment are the same for all legs. For everybody who hears narrowband, taps and keys included, its
bands are led to one clean frame; what is narrowband is led to two bands for those who hear more.
"""

from __future__ import annotations

import numpy as np

from media.codecs.bands import TAPS
from media.plane import layout as c
from media.plane.compiled import hot, kernel
from media.plane.kernels.wide import wide_of
from media.plane.legs import Array, Integer, Lane, LegRow, LegTable, RoomRow

assert TAPS % 4 == 0, "filters are worked through four taps at a time"
PAST = TAPS - 1
"""Samples of the last frame that a filter needs."""
LOW, HIGH = 0, 1


@hot
def _filter(signal: Array, taps: Array, result: Array) -> None:
    """Add to ``result`` the frame behind the past in ``signal``, filtered."""
    # Four at a time, so that sums are seldom loaded and stored; views, so that no index can be
    # negative: else there are no vectors.
    for tap in range(0, TAPS, 4):
        a, b, d, e = taps[tap], taps[tap + 1], taps[tap + 2], taps[tap + 3]
        first = PAST - tap
        newest = signal[first : first + c.FRAME]
        second = signal[first - 1 : first - 1 + c.FRAME]
        third = signal[first - 2 : first - 2 + c.FRAME]
        oldest = signal[first - 3 : first - 3 + c.FRAME]
        for j in range(c.FRAME):
            result[j] += (a * newest[j] + b * second[j]) + (d * third[j] + e * oldest[j])


@hot
def _remember(signal: Array, past: Array) -> None:
    for j in range(PAST):
        past[j] = signal[c.FRAME + j]


@hot
def _rounded(value: Integer) -> Integer:
    """Return a filtered sample; not the lowest one, which means a hole in a jitter ring."""
    return np.int16(np.floor(min(max(value, np.float32(-32767)), np.float32(32767)) + np.float32(0.5)))


@kernel
def narrow(lane: Lane, leg: LegRow) -> None:
    """Lead the two bands that a leg has heard to ``leg.heard``."""
    signal, result = lane.signal, lane.filtered
    for j in range(c.FRAME):
        result[j] = np.float32(0)
    for band in range(2):
        past, heard = wide_of(leg).heard_past[band], wide_of(leg).heard_bands[band]
        for j in range(PAST):
            signal[j] = past[j]
        for j in range(c.FRAME):
            signal[PAST + j] = np.float32(heard[j])
        _filter(signal, lane.from_bands[band], result)
        _remember(signal, past)
    for j in range(c.FRAME):
        leg.heard[j] = _rounded(result[j])


@kernel
def widen(lane: Lane, sound: Array, past: Array, sums: Array) -> None:
    """Add a frame of narrowband sound to the sums of both bands."""
    signal, result = lane.signal, lane.filtered
    for j in range(PAST):
        signal[j] = past[j]
    for j in range(c.FRAME):
        signal[PAST + j] = np.float32(sound[j])
    for band in range(2):
        for j in range(c.FRAME):
            result[j] = np.float32(0)
        _filter(signal, lane.to_bands[band], result)
        total = sums[band]
        for j in range(c.FRAME):
            total[j] = np.int32(total[j] + np.int32(result[j]))
    _remember(signal, past)


@kernel
def hear_bands(lane: Lane, leg: LegRow) -> None:
    """Keep what was heard as the lower band, beside the higher one, and lead both to ``leg.heard``."""
    bands = wide_of(leg).heard_bands
    if leg.started == 0:
        for j in range(c.FRAME):
            bands[LOW, j] = bands[HIGH, j] = leg.heard[j] = np.int16(0)
        return
    for j in range(c.FRAME):
        bands[LOW, j] = leg.heard[j]
    narrow(lane, leg)


@hot
def begin_bands(room: RoomRow) -> None:
    """Begin the sums of a room in which somebody hears wideband: the last tick tells whether there is one."""
    room.wide, room.wide_seen = room.wide_seen, 0
    if room.wide == 0:
        return
    for j in range(c.FRAME):
        room.narrow[j] = room.bands[LOW, j] = room.bands[HIGH, j] = np.int32(0)


@hot
def add_said(lane: Lane, total: Array, band: Integer, said: Integer) -> None:
    """Add a band of the prompt or stream at hand to a sum."""
    part = lane.said_bands[band]
    for j in range(said):
        total[j] = np.int32(total[j] + np.int32(part[j]))


@kernel
def add_wide_prompt(lane: Lane, room: RoomRow, said: Integer) -> None:
    """Add what a room with a wideband member plays to the sum of its kind, besides to the total."""
    if lane.banded == 0:
        for j in range(said):
            room.narrow[j] = np.int32(room.narrow[j] + np.int32(lane.spoken[j]))
        return
    for band in range(2):
        add_said(lane, room.bands[band], band, said)


@kernel
def hear_wide_member(room: RoomRow, leg: LegRow) -> None:
    """Add a member whom the room hears to the sum of its kind."""
    if leg.wide == 0:
        for j in range(c.FRAME):
            room.narrow[j] = np.int32(room.narrow[j] + np.int32(leg.heard[j]))
        return
    for band in range(2):
        total, heard = room.bands[band], wide_of(leg).heard_bands[band]
        for j in range(c.FRAME):
            total[j] = np.int32(total[j] + np.int32(heard[j]))


@hot
def end_bands(lane: Lane, room: RoomRow) -> None:
    """Add what is narrowband to the bands, once for all who hear them."""
    if room.wide:
        widen(lane, room.narrow, room.narrow_past, room.bands)


@hot
def _add_room(table: LegTable, leg: LegRow, sums: Array) -> None:
    room = table.rooms[leg.room]
    for band in range(2):
        total, heard, target = room.bands[band], wide_of(leg).heard_bands[band], sums[band]
        for j in range(c.FRAME):
            target[j] = total[j]
        if leg.voiced:
            for j in range(c.FRAME):
                target[j] = np.int32(target[j] - np.int32(heard[j]))


@kernel
def compose_bands(table: LegTable, lane: Lane, leg: LegRow, with_room: Integer, said: Integer) -> None:
    """Put what a wideband leg says into ``lane.spoken_bands``.

    That is its room, when that is wideband by now, and what is said to this leg alone: ``lane.extra``, and
    the first ``said`` samples of ``lane.said_bands``.
    """
    sums = lane.band_sums
    for band in range(2):
        for j in range(c.FRAME):
            sums[band, j] = np.int32(0)
    if with_room and table.rooms[leg.room].wide:
        _add_room(table, leg, sums)
    widen(lane, lane.extra, wide_of(leg).extra_past, sums)
    for band in range(2):
        add_said(lane, sums[band], band, said)
        for j in range(c.FRAME):
            lane.spoken_bands[band, j] = np.int16(min(max(sums[band, j], np.int32(-32767)), np.int32(32767)))
