"""Copies of a leg's sound for recorders, streams and detectors."""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import hot, kernel
from media.plane.kernels.rings import copy_to_tap
from media.plane.legs import Lane, LegRow


@hot
def _sum_into_work(lane: Lane, leg: LegRow) -> None:
    heard, spoken, work = leg.heard, lane.spoken, lane.work
    for j in range(c.FRAME):
        total = np.int32(np.int32(heard[j]) + np.int32(spoken[j]))
        work[j] = np.int16(min(max(total, np.int32(-32768)), np.int32(32767)))


@kernel
def copy_taps(lane: Lane, leg: LegRow) -> None:
    """Give every tap of the row its frame of this tick."""
    missed = lane.skipped_now * c.FRAME
    for slot in range(c.TAPS):
        ring = leg.taps[slot, 1]
        if ring == 0:
            continue
        source = leg.heard.ctypes.data
        if leg.taps[slot, 2] == c.TAP_OUT:
            source = lane.spoken.ctypes.data
        elif leg.taps[slot, 2] == c.TAP_BOTH:
            _sum_into_work(lane, leg)
            source = lane.work.ctypes.data
        copy_to_tap(ring, lane.silence.ctypes.data, source, c.FRAME, missed)
