"""Differences of sequence numbers and timestamps, which wrap (RFC 3550 section 5.1)."""

from __future__ import annotations

MAX_MISORDER = 100
"""Appendix A.1: a packet less than this behind is late, not a restart."""


def sequence_delta(newer: int, older: int) -> int:
    """Return ``newer - older`` for 16-bit sequence numbers, from -32768 to 32767."""
    return ((newer - older + 0x8000) & 0xFFFF) - 0x8000


def timestamp_delta(newer: int, older: int) -> int:
    """Return ``newer - older`` for 32-bit timestamps, from -2**31 to 2**31 - 1."""
    return ((newer - older + 0x80000000) & 0xFFFFFFFF) - 0x80000000
