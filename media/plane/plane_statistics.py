"""Adds up the statistics of media threads."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from media.plane import layout as c
from media.plane.leg import Leg
from media.plane.legs import Words
from media.plane.media_thread import MediaThread
from media.plane.room import Room
from media.plane.statistics import PlaneStatistics


def read_plane(
    threads: Sequence[MediaThread], capacity: int, legs: Collection[Leg], rooms: Collection[Room]
) -> PlaneStatistics:
    """Return the counters of ``threads`` together; they go on counting meanwhile."""
    lanes = [thread.lane for thread in threads]
    lateness = _summed([lane.lateness for lane in lanes], c.LATENESS_BUCKETS)
    count = _summed([thread.totals() for thread in threads], c.COUNTERS)
    worst = max((int(lane.worst_lateness_ns) for lane in lanes), default=0)
    return PlaneStatistics(
        legs=len(legs),
        legs_speaking=sum(thread.speaking for thread in threads),
        capacity=capacity,
        ticks_on_time=sum(int(lane.ticks_on_time) for lane in lanes),
        ticks_late=sum(int(lane.ticks_late) for lane in lanes),
        ticks_skipped=sum(int(lane.ticks_skipped) for lane in lanes),
        lateness_microseconds=tuple((1 << bucket, times) for bucket, times in enumerate(lateness)),
        worst_lateness=worst / 1e9,
        frames_concealed=count[c.CONCEALED],
        frames_late=count[c.LATE],
        packets_sent=count[c.PACKETS_SENT],
        packets_received=count[c.PACKETS_RECEIVED],
        packets_dropped=sum(count[each] for each in (c.FOREIGN, c.MALFORMED, c.REFUSED, c.UNAUTHENTIC)),
        commands_waiting=sum(thread.commands_waiting for thread in threads),
        events_dropped=sum(int(lane.events_dropped) for lane in lanes),
        sounds_held=sum(leg.sounds_held for leg in legs) + sum(room.sounds_held for room in rooms),
        rooms=sum(not room.is_bridge for room in rooms),
        room_members=sum(len(room.members) for room in rooms if not room.is_bridge),
        bridges=sum(room.is_bridge for room in rooms),
        realtime=bool(threads) and all(thread.realtime for thread in threads),
    )


def _summed(arrays: list[Words], columns: int) -> list[int]:
    total = np.zeros(columns, np.int64)
    for array in arrays:
        total += array
    return [int(value) for value in total]
