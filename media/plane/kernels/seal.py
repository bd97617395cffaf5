"""SRTP in the tick (RFC 3711 section 3.3): libsrtp's functions, called where they lie in memory."""

from __future__ import annotations

from media.plane import layout as c
from media.plane.compiled import call_c, copy_octets, hot, kernel
from media.plane.kernels.bits import read32
from media.plane.legs import Integer, Lane, LegRow

REPLAYED = 9
"""libsrtp's word for a packet that came before."""
MOST_SOURCES = 64
"""Changes of SSRC under one key: libsrtp keeps a list of them, which a hostile peer must not make long."""


@hot
def seal(lane: Lane, leg: LegRow, packet: Integer, octets: Integer) -> Integer:
    """Protect a packet into ``lane.sealed``; return its octets, or 0 when the key is used up."""
    target = lane.sealed.ctypes.data
    copy_octets(target, packet, octets)
    lane.length[0] = octets
    if call_c(lane.protect, leg.seal, target, lane.length.ctypes.data, 0, 0, 0) != 0:
        return 0
    return lane.length[0]


@kernel
def unseal(lane: Lane, leg: LegRow, octets: Integer) -> Integer:
    """Prove and decrypt the packet in the buffer in place; return its octets, or 0 to drop it."""
    ssrc, count = read32(lane.buffer, 8), leg.count
    # Two, because keys may come beside the sound, as a stream of their own.
    known = leg.sources_proven > 0 and (ssrc == leg.proven_ssrc or ssrc == leg.former_ssrc)
    if leg.sources_proven >= MOST_SOURCES and not known:
        count[c.REFUSED] += 1
        return 0
    lane.length[0] = octets
    status = call_c(lane.unprotect, leg.unseal, lane.buffer.ctypes.data, lane.length.ctypes.data, 0, 0, 0)
    if status != 0:
        count[c.DUPLICATED if status == REPLAYED else c.UNAUTHENTIC] += 1
        return 0
    if not known:
        leg.sources_proven += 1
    if ssrc != leg.proven_ssrc:
        leg.former_ssrc, leg.proven_ssrc = leg.proven_ssrc, ssrc
    return lane.length[0]
