"""The header of a 16-bit PCM WAV file (RIFF, Microsoft and IBM 1991; RFC 2361 appendix A)."""

from __future__ import annotations

import struct

HEADER_OCTETS = 44
RIFF_SIZE_AT, DATA_SIZE_AT = 4, 40
"""Where the header counts what follows: all that comes after the count, and the samples alone."""
MAX_DATA_OCTETS = 0xFFFFFFFF - HEADER_OCTETS + 8
"""RIFF counts in 32 bits: 74 hours of 8 kHz mono."""

_PCM = 1
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


def wav_header(rate: int, channels: int, data_octets: int) -> bytes:
    """Return the header that makes ``data_octets`` of interleaved 16-bit samples a WAV file."""
    octets_per_frame = 2 * channels
    return _HEADER.pack(
        b"RIFF",
        HEADER_OCTETS - 8 + data_octets,
        b"WAVE",
        b"fmt ",
        16,
        _PCM,
        channels,
        rate,
        rate * octets_per_frame,
        octets_per_frame,
        16,
        b"data",
        data_octets,
    )
