"""Numbers in packets, and differences of numbers that wrap (RFC 3550 section 5.1)."""

from __future__ import annotations

import numpy as np

from media.plane.compiled import hot
from media.plane.legs import Array, Integer


@hot
def read16(octets: Array, at: Integer) -> Integer:
    return (np.int64(octets[at]) << 8) | np.int64(octets[at + 1])


@hot
def read32(octets: Array, at: Integer) -> Integer:
    return (read16(octets, at) << 16) | read16(octets, at + 2)


@hot
def write16(octets: Array, at: Integer, value: Integer) -> None:
    octets[at] = np.uint8((value >> 8) & 0xFF)
    octets[at + 1] = np.uint8(value & 0xFF)


@hot
def write32(octets: Array, at: Integer, value: Integer) -> None:
    write16(octets, at, value >> 16)
    write16(octets, at + 2, value & 0xFFFF)


@hot
def ahead32(newer: Integer, older: Integer) -> Integer:
    """Return ``newer - older`` of 32 bits, from -2**31 to 2**31 - 1."""
    return ((newer - older + 0x80000000) & 0xFFFFFFFF) - 0x80000000


@hot
def ahead16(newer: Integer, older: Integer) -> Integer:
    """Return ``newer - older`` of 16 bits, from -32768 to 32767."""
    return ((newer - older + 0x8000) & 0xFFFF) - 0x8000
