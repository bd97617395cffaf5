"""G.711: PCMU and PCMA by table (ITU-T G.711 tables 1 and 2, RFC 3551 section 4.5.14).

G.711 gives, for each law, the decision values between codes and the value that each code
stands for. Both are built here from the segment rule, scaled to 16-bit samples: mu-law has
14 significant bits, A-law 13. A sample on a decision value takes the code away from zero;
negative samples mirror positive ones through -0.5, as in the ITU-T G.191 tool library.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from media.sound import Samples

Octets = NDArray[np.uint8]
"""Encoded sound, one octet a sample, shape ``(samples,)``."""

MULAW_SILENCE = 0xFF
ALAW_SILENCE = 0xD5

_MULAW_BIAS = 33
_MULAW_LIMIT = 8158
"""The largest 14-bit magnitude below the virtual decision value 8159."""


def _mulaw_values() -> Samples:
    octet = np.arange(256, dtype=np.int32) ^ 0xFF
    segment, step = (octet >> 4) & 7, octet & 15
    magnitude = (((2 * step + _MULAW_BIAS) << segment) - _MULAW_BIAS) << 2
    return np.where(octet & 0x80, -magnitude, magnitude).astype(np.int16)


def _alaw_values() -> Samples:
    octet = np.arange(256, dtype=np.int32) ^ 0x55
    segment, step = (octet >> 4) & 7, octet & 15
    linear = 2 * step + 1
    magnitude = np.where(segment == 0, linear, (linear + 32) << np.maximum(segment - 1, 0)) << 3
    return np.where(octet & 0x80, magnitude, -magnitude).astype(np.int16)


def _magnitudes(shift: int) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return magnitude and sign of every sample, indexed by its uint16 view."""
    sample = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32)
    negative = sample < 0
    return np.where(negative, ~sample, sample) >> shift, negative


def _mulaw_codes() -> Octets:
    magnitude, negative = _magnitudes(2)
    biased = np.minimum(magnitude, _MULAW_LIMIT) + _MULAW_BIAS
    segment = np.searchsorted(64 << np.arange(7), biased, side="right")
    step = (biased >> (segment + 1)) & 15
    return ((segment << 4 | step | np.where(negative, 0x80, 0)) ^ 0xFF).astype(np.uint8)


def _alaw_codes() -> Octets:
    magnitude, negative = _magnitudes(4)
    segment = np.searchsorted(16 << np.arange(7), magnitude, side="right")
    step = (magnitude >> np.maximum(segment - 1, 0)) & 15
    return ((segment << 4 | step | np.where(negative, 0, 0x80)) ^ 0x55).astype(np.uint8)


DECODE_MULAW: Samples = _mulaw_values()
"""int16[256]: the sample that a PCMU octet stands for."""

DECODE_ALAW: Samples = _alaw_values()
"""int16[256]: the sample that a PCMA octet stands for."""

ENCODE_MULAW: Octets = _mulaw_codes()
"""uint8[65536]: the PCMU octet of a sample, indexed by the sample's uint16 view."""

ENCODE_ALAW: Octets = _alaw_codes()
"""uint8[65536]: the PCMA octet of a sample, indexed by the sample's uint16 view."""

for _table in (DECODE_MULAW, DECODE_ALAW, ENCODE_MULAW, ENCODE_ALAW):
    _table.setflags(write=False)


def encode_mulaw(samples: Samples) -> bytes:
    """Return ``samples`` as PCMU, one octet a sample."""
    return ENCODE_MULAW[samples.view(np.uint16)].tobytes()


def encode_alaw(samples: Samples) -> bytes:
    """Return ``samples`` as PCMA, one octet a sample."""
    return ENCODE_ALAW[samples.view(np.uint16)].tobytes()


def decode_mulaw(payload: bytes) -> Samples:
    """Return the samples of a PCMU payload."""
    return DECODE_MULAW[np.frombuffer(payload, dtype=np.uint8)]


def decode_alaw(payload: bytes) -> Samples:
    """Return the samples of a PCMA payload."""
    return DECODE_ALAW[np.frombuffer(payload, dtype=np.uint8)]
