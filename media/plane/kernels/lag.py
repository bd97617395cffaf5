"""How far hearing should lag behind the sender: what the packets of the last seconds would have needed.

A packet is in time when the tick that hears its first sample begins after it came. The lag that
would have been just enough is its need; the second largest need is followed, so that one
straggler does not move the lag.
"""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import hot
from media.plane.kernels.bits import ahead32
from media.plane.legs import Integer, LegRow

SHORTEST_DELAY, LONGEST_DELAY = 160, 1600
"""Bounds of the delay, 20 and 200 ms, counted from the fastest packet."""
MARGIN = 24
"""3 ms beyond what was needed, so that a slow sender is followed before its packets are late."""
UNKNOWN = -(1 << 40)


@hot
def _forget_block(leg: LegRow, block: Integer) -> None:
    at = c.BLOCK_WORDS * block
    leg.needs[at] = UNKNOWN
    leg.needs[at + 1] = UNKNOWN
    leg.needs[at + 2] = -UNKNOWN


@hot
def _greatest_common_divisor(a: Integer, b: Integer) -> Integer:
    while b:
        a, b = b, a % b
    return a


@hot
def _choose_lag(leg: LegRow) -> None:
    """Set the lag that almost every packet of the last seconds would have been in time for."""
    needs = leg.needs
    first, second, fastest = np.int64(UNKNOWN), np.int64(UNKNOWN), np.int64(-UNKNOWN)
    for block in range(c.BLOCKS):
        for k in range(2):
            need = needs[c.BLOCK_WORDS * block + k]
            if need > first:
                first, second = need, first
            elif need > second:
                second = need
        fastest = min(fastest, needs[c.BLOCK_WORDS * block + 2])
    need = second if second > UNKNOWN else first
    leg.desired = min(max(need + MARGIN, fastest + SHORTEST_DELAY), fastest + LONGEST_DELAY)


@hot
def note_need(leg: LegRow, timestamp: Integer, samples: Integer, arrival: Integer) -> None:
    """Remember which lag this packet would have needed."""
    needs = leg.needs
    if samples != leg.packet_samples:
        leg.packet_samples = samples
        leg.grid = _greatest_common_divisor(samples, c.FRAME)
    # A packet that begins inside a frame is needed when the frame is heard, before its first sample is.
    grid = leg.grid
    early = ((timestamp - leg.play) & 0xFFFFFFFF) % grid + c.FRAME - grid
    transit = ahead32(arrival - timestamp, leg.transit_base)
    block = max(arrival // c.BLOCK_SAMPLES, leg.block)
    for passed in range(max(leg.block, block - c.BLOCKS) + 1, block + 1):
        _forget_block(leg, passed % c.BLOCKS)
    leg.block = block
    at = c.BLOCK_WORDS * (block % c.BLOCKS)
    need = transit + early
    if need > needs[at]:
        needs[at + 1] = needs[at]
        needs[at] = need
    elif need > needs[at + 1]:
        needs[at + 1] = need
    needs[at + 2] = min(needs[at + 2], transit)
    _choose_lag(leg)


@hot
def forget_needs(leg: LegRow) -> None:
    """Begin as if no packet had come."""
    for block in range(c.BLOCKS):
        _forget_block(leg, block)
