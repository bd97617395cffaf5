"""Sound in a jitter ring, which lies at its timestamp: written, copied out, led over."""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import hot, kernel
from media.plane.kernels.wide import wide_of
from media.plane.legs import Array, Integer, Lane, LegRow


@hot
def fill(ring: Array, timestamp: Integer, samples: Integer, value: Integer) -> None:
    """Write ``value`` over ``samples`` of the ring from ``timestamp`` on."""
    start = timestamp & c.RING_MASK
    first = min(samples, c.RING - start)
    for j in range(first):
        ring[start + j] = np.int16(value)
    for j in range(samples - first):
        ring[j] = np.int16(value)


@hot
def copy_out(ring: Array, timestamp: Integer, samples: Integer, target: Array, at: Integer) -> None:
    """Copy ``samples`` of the ring from ``timestamp`` on to ``target``."""
    start = timestamp & c.RING_MASK
    first = min(samples, c.RING - start)
    for j in range(first):
        target[at + j] = ring[start + j]
    for j in range(samples - first):
        target[at + first + j] = ring[j]


@hot
def copy_back(ring: Array, timestamp: Integer, source: Array, at: Integer) -> None:
    """Write a frame to where the next frame lies in the ring: it becomes what was heard."""
    start = timestamp & c.RING_MASK
    first = min(c.FRAME, c.RING - start)
    for j in range(first):
        ring[start + j] = source[at + j]
    for j in range(c.FRAME - first):
        ring[j] = source[at + first + j]


@hot
def cross_fade(work: Array, a: Integer, b: Integer, target: Array) -> None:
    """Hear a frame that leads from the work array at ``a`` to the work array at ``b``."""
    for j in range(c.FRAME):
        rising = np.int32(j + 1)
        falling = np.int32(c.FRAME - rising)
        mixed = np.int32(np.int32(work[a + j]) * falling + np.int32(work[b + j]) * rising)
        target[j] = np.int16(mixed // np.int32(c.FRAME))


@kernel
def store_bands(
    lane: Lane, leg: LegRow, start: Integer, samples: Integer, law: Integer, timestamp: Integer
) -> None:
    """Write both bands of what was decoded into their rings; G.711 has nothing in the higher one."""
    if law != c.DECODED:
        fill(wide_of(leg).jitter_high, timestamp, samples, 0)
        return
    decoded = lane.decoded
    for j in range(samples):
        at = (timestamp + j) & c.RING_MASK
        leg.jitter[at] = np.int16(max(decoded[0, start + j], np.int16(-32767)))
        wide_of(leg).jitter_high[at] = decoded[1, start + j]
