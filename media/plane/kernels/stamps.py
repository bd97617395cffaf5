"""When packets came: the kernel's time stamp, asked for only where it can tell something new.

A stamp makes reading a packet half as dear again. Of a calm stream, whose packets come one after the other
and as regularly as the jitter buffer allows for anyway, only every fourth packet is therefore asked; its
interarrival jitter (RFC 3550 section 6.4.1) is that between those. Every packet is asked again as soon as
one is missing, late, out of order, or not there when the tick looks for it.
"""

from __future__ import annotations

from media.plane import layout as c
from media.plane.compiled import hot
from media.plane.kernels.lag import MARGIN
from media.plane.legs import Integer, Lane, LegRow

UNASKED = 3
"""Packets taken between two that are asked."""
FIRST_PACKETS = 50
"""A second of a stream is asked for whole, so that the jitter buffer soon knows the path."""


@hot
def is_asked(leg: LegRow) -> Integer:
    """Tell whether the packet at hand is, or was, asked when it came."""
    return leg.unasked == 0


@hot
def is_regular(leg: LegRow) -> Integer:
    """Tell whether packets come as regularly as the jitter buffer allows for anyway."""
    return leg.scaled_jitter >> 4 < MARGIN


@hot
def expected_ns(lane: Lane, leg: LegRow) -> Integer:
    """Return when a packet that is not asked came: its length after the last one, at most now."""
    return min(leg.last_heard_ns + leg.packet_samples * c.SAMPLE_NS, lane.now_ns)


@hot
def follow_calm(leg: LegRow, highest_before: Integer) -> None:
    """Take note of a datagram that was taken in; before it the highest sequence number was another."""
    next_in_order = leg.highest == highest_before + 1 and leg.received > FIRST_PACKETS
    if not next_in_order or leg.late_run > 0 or not is_regular(leg):
        leg.unasked = 0
    elif leg.unasked > 0:
        leg.unasked -= 1
    else:
        leg.unasked = UNASKED


@hot
def forget_calm(leg: LegRow) -> None:
    """Ask the next packet: nothing had come when it was looked for, or anybody may send it."""
    leg.unasked = 0
