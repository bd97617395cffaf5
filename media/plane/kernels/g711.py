"""G.711 in the tick, by arithmetic: the tables of :mod:`media.codecs.g711` for many samples at once.

In both laws a code is a sign, a segment and a step: sign, exponent and the first bits of the fraction of a
floating-point number. A table does one sample at a time, and its 16 kB displace what the next leg needs.
"""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import hot
from media.plane.legs import Array, Integer

_BIAS, _LOUDEST = 132, 32635
"""mu-law: what is added to a magnitude of 16 bits so that segments double, and the largest one before."""
_SEGMENT_0 = (127 + 7) << 4
"""Exponent of the numbers in segment 0, as it stands before the first four bits of a fraction."""
_FRACTION_LEFT = 19
"""Bits of a 32-bit fraction behind the first four."""


@hot
def _segment_and_step(magnitude: Integer) -> Integer:
    bits = np.int32(np.float32(magnitude).view(np.int32))
    return np.int32(np.int32(bits >> np.int32(_FRACTION_LEFT)) - np.int32(_SEGMENT_0))


@hot
def _encode_mulaw(sound: Array, codes: Array) -> None:
    for j in range(len(codes)):
        sample = np.int32(sound[j])
        sign = np.int32(sample >> np.int32(31))
        magnitude = np.int32(sample ^ sign)
        bounded = magnitude if magnitude < np.int32(_LOUDEST) else np.int32(_LOUDEST)
        code = _segment_and_step(np.int32(bounded + np.int32(_BIAS)))
        codes[j] = np.uint8(np.int32(code | np.int32(sign & np.int32(0x80))) ^ np.int32(0xFF))


@hot
def _encode_alaw(sound: Array, codes: Array) -> None:
    for j in range(len(codes)):
        sample = np.int32(sound[j])
        sign = np.int32(sample >> np.int32(31))
        magnitude = np.int32(sample ^ sign)
        linear = np.int32(magnitude >> np.int32(4))
        code = linear if magnitude < np.int32(256) else _segment_and_step(magnitude)
        codes[j] = np.uint8(np.int32(code | np.int32(~sign & np.int32(0x80))) ^ np.int32(0x55))


@hot
def encode_g711(sound: Array, codes: Array, law: Integer) -> None:
    """Write the codes of samples, as many as ``codes`` holds."""
    if law == c.LAW_MU:
        _encode_mulaw(sound, codes)
    else:
        _encode_alaw(sound, codes)


@hot
def _decode_mulaw(codes: Array, sound: Array) -> None:
    for j in range(len(codes)):
        code = np.int32(np.int32(codes[j]) ^ np.int32(0xFF))
        segment = np.int32(np.int32(code >> np.int32(4)) & np.int32(7))
        step = np.int32(np.int32(code & np.int32(15)) << np.int32(3))
        magnitude = np.int32(np.int32(np.int32(step + np.int32(_BIAS)) << segment) - np.int32(_BIAS))
        sound[j] = np.int16(-magnitude if code & np.int32(0x80) else magnitude)


@hot
def _decode_alaw(codes: Array, sound: Array) -> None:
    for j in range(len(codes)):
        code = np.int32(np.int32(codes[j]) ^ np.int32(0x55))
        segment = np.int32(np.int32(code >> np.int32(4)) & np.int32(7))
        linear = np.int32(np.int32(np.int32(code & np.int32(15)) << np.int32(4)) + np.int32(8))
        steeper = np.int32(max(np.int32(segment - np.int32(1)), np.int32(0)))
        above = np.int32(256) if segment > np.int32(0) else np.int32(0)
        magnitude = np.int32(np.int32(linear + above) << steeper)
        sound[j] = np.int16(magnitude if code & np.int32(0x80) else -magnitude)


@hot
def decode_g711(codes: Array, sound: Array, law: Integer) -> None:
    """Write the samples that ``codes`` stand for to as many places of ``sound``."""
    if law == c.LAW_MU:
        _decode_mulaw(codes, sound)
    else:
        _decode_alaw(codes, sound)
