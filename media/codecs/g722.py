"""G.722 at 64 kbit/s: sub-band ADPCM of wideband sound (ITU-T G.722; RFC 3551 section 4.5.2).

Sound of 16 kHz is split into two bands of 8 kHz each, the lower one coded in 6 bits and the
higher one in 2, an octet for both. Names of tables and steps are those of the
recommendation's block diagrams (INVQAL, LOGSCL, UPPOL2 ...). The functions keep their state in an
array of integers, a row for each band, so that the plane can compile them.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from media.codecs.bands import join, split
from media.sound import Samples

State = NDArray[np.int64]
"""Predictor and quantiser of both bands, shape ``(2, WORDS)``."""
Integer: TypeAlias = Any

# fmt: off
SIGNAL, ZERO_PART, SCALE_LOG, SCALE, R1, R2, A1, A2, P1, P2, DIFFERENCE, ZEROS = *range(11), 18
# fmt: on
WORDS = ZEROS + 6
"""DIFFERENCE has the last seven quantised differences, newest first, ZEROS the six zero coefficients."""
LOW, HIGH = 0, 1

LARGEST = 16383
"""What a band may reach: half of a sample's range, because QMF sums two."""

# fmt: off
_DECISIONS = np.array([  # Q6
    0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023,
    1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
], np.int64)
_INVERSE_64 = np.array([  # QM6
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360,
    -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688,
    -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192,
    6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432,
    -136,
], np.int64)
_INVERSE_16 = np.array([  # QM4
    0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
], np.int64)
_INVERSE_4 = np.array([-7408, -1616, 7408, 1616], np.int64)  # QM2
_STEP_LOW = np.array([  # WL by RL4
    -60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60,
], np.int64)
_STEP_HIGH = np.array([798, -214, 798, -214], np.int64)  # WH by RH2
_ANTILOG = np.array([  # ILB
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896,
    2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
], np.int64)
# fmt: on


def start(state: State) -> None:
    """Make a state as new (section 3.5: the reset of the recommendation)."""
    for band in range(2):
        for word in range(WORDS):
            state[band, word] = 0
        state[band, SCALE] = 32 - 24 * band


def new_state() -> State:
    """Return the state of a coder or decoder that has heard nothing."""
    state = np.zeros((2, WORDS), np.int64)
    start(state)
    return state


def quantise_low(band: State, sample: Integer) -> Integer:
    """Return the 6 bits of a sample of the lower band (QUANTL)."""
    difference = min(max(sample - band[SIGNAL], -32768), 32767)
    magnitude = difference if difference >= 0 else -(difference + 1)
    # The first decision level above the magnitude; levels rise, so halves can be left out.
    first, last = 1, 30
    while first < last:
        middle = (first + last) >> 1
        if magnitude < (_DECISIONS[middle] * band[SCALE]) >> 12:
            last = middle
        else:
            first = middle + 1
    if difference >= 0:
        return np.int64(62 - first)
    return np.int64(64 - first if first < 3 else 34 - first)


def quantise_high(band: State, sample: Integer) -> Integer:
    """Return the 2 bits of a sample of the higher band (QUANTH)."""
    difference = min(max(sample - band[SIGNAL], -32768), 32767)
    magnitude = difference if difference >= 0 else -(difference + 1)
    is_large = magnitude >= (564 * band[SCALE]) >> 12
    if difference < 0:
        return np.int64(0 if is_large else 1)
    return np.int64(2 if is_large else 3)


def value_low(band: State, code: Integer) -> Integer:
    """Return the sample of the lower band that a code stands for (INVQBL, RECONS, LIMIT)."""
    value = band[SIGNAL] + ((band[SCALE] * _INVERSE_64[code]) >> 15)
    return min(max(value, -LARGEST - 1), LARGEST)


def value_high(band: State, code: Integer) -> Integer:
    """Return the sample of the higher band that a code stands for."""
    value = band[SIGNAL] + ((band[SCALE] * _INVERSE_4[code]) >> 15)
    return min(max(value, -LARGEST - 1), LARGEST)


def follow_low(band: State, code: Integer) -> Integer:
    """Move the quantiser on by a code and return its difference (INVQAL, LOGSCL, SCALEL)."""
    coarse = code >> 2
    difference = (band[SCALE] * _INVERSE_16[coarse]) >> 15
    level = ((band[SCALE_LOG] * 127) >> 7) + _STEP_LOW[coarse]
    level = min(max(level, 0), 18432)
    band[SCALE_LOG] = level
    shift = 8 - (level >> 11)
    scale = _ANTILOG[(level >> 6) & 31]
    band[SCALE] = (scale >> shift if shift >= 0 else scale << -shift) << 2
    return difference


def follow_high(band: State, code: Integer) -> Integer:
    """As :func:`follow_low` (INVQAH, LOGSCH, SCALEH)."""
    difference = (band[SCALE] * _INVERSE_4[code]) >> 15
    level = ((band[SCALE_LOG] * 127) >> 7) + _STEP_HIGH[code]
    level = min(max(level, 0), 22528)
    band[SCALE_LOG] = level
    shift = 10 - (level >> 11)
    scale = _ANTILOG[(level >> 6) & 31]
    band[SCALE] = (scale >> shift if shift >= 0 else scale << -shift) << 2
    return difference


def adapt_poles(band: State, p0: Integer) -> None:
    """Adapt the two pole coefficients (UPPOL2, UPPOL1) to the sign of the partly predicted signal."""
    same1 = (p0 < 0) == (band[P1] < 0)
    same2 = (p0 < 0) == (band[P2] < 0)
    four = min(max(band[A1] << 2, -32768), 32767)
    turned = min(-four if same1 else four, 32767)
    second = (turned >> 7) + (128 if same2 else -128) + ((band[A2] * 32512) >> 15)
    second = min(max(second, -12288), 12288)
    first = (192 if same1 else -192) + ((band[A1] * 32640) >> 15)
    limit = 15360 - second
    band[A1] = min(max(first, -limit), limit)
    band[A2] = second
    band[P2] = band[P1]
    band[P1] = p0


def adapt_zeros(band: State, difference: Integer) -> None:
    """Adapt the six zero coefficients (UPZERO) and let the differences move on by one (DELAYA)."""
    step = 0 if difference == 0 else 128
    for tap in range(5, -1, -1):
        past = band[DIFFERENCE + tap]
        same = (past < 0) == (difference < 0)
        coefficient = (step if same else -step) + ((band[ZEROS + tap] * 32640) >> 15)
        band[ZEROS + tap] = min(max(coefficient, -32768), 32767)
        band[DIFFERENCE + tap + 1] = past
    band[DIFFERENCE] = difference


def predict(band: State, rebuilt: Integer) -> None:
    """Predict the next sample (FILTEP, FILTEZ, PREDIC) once ``rebuilt`` is the last one."""
    band[R2] = band[R1]
    band[R1] = rebuilt
    zeros: Integer = np.int64(0)
    for tap in range(6):
        zeros += (band[ZEROS + tap] * min(max(2 * band[DIFFERENCE + tap], -32768), 32767)) >> 15
    zeros = min(max(zeros, -32768), 32767)
    poles = (band[A1] * min(max(2 * band[R1], -32768), 32767)) >> 15
    poles += (band[A2] * min(max(2 * band[R2], -32768), 32767)) >> 15
    poles = min(max(poles, -32768), 32767)
    band[ZERO_PART] = zeros
    band[SIGNAL] = min(max(poles + zeros, -32768), 32767)


def _adapt(band: State, difference: Integer) -> None:
    """Take in a quantised difference: everything that coder and decoder do alike."""
    rebuilt = min(max(band[SIGNAL] + difference, -32768), 32767)
    adapt_poles(band, min(max(band[ZERO_PART] + difference, -32768), 32767))
    adapt_zeros(band, difference)
    predict(band, rebuilt)


def encode_bands(state: State, low: Samples, high: Samples) -> bytes:
    """Return the octets of two bands, of which each sample has the full 16 bits."""
    octets = bytearray()
    for below, above in zip(low.tolist(), high.tolist(), strict=True):
        code_low = quantise_low(state[LOW], below >> 1)
        code_high = quantise_high(state[HIGH], above >> 1)
        _adapt(state[LOW], follow_low(state[LOW], code_low))
        _adapt(state[HIGH], follow_high(state[HIGH], code_high))
        octets.append(int(code_high << 6 | code_low))
    return bytes(octets)


def decode_bands(state: State, payload: bytes) -> tuple[Samples, Samples]:
    """Return the two bands of a payload, a sample of each for every octet."""
    bands = np.zeros((2, len(payload)), np.int16)
    for place, octet in enumerate(payload):
        code_low, code_high = octet & 63, octet >> 6
        bands[LOW, place] = 2 * value_low(state[LOW], code_low)
        bands[HIGH, place] = 2 * value_high(state[HIGH], code_high)
        _adapt(state[LOW], follow_low(state[LOW], code_low))
        _adapt(state[HIGH], follow_high(state[HIGH], code_high))
    return bands[LOW], bands[HIGH]


def encode_g722(samples: Samples) -> bytes:
    """Return 16 kHz ``samples`` as G.722, an octet for two of them."""
    return encode_bands(new_state(), *split(samples))


def decode_g722(payload: bytes) -> Samples:
    """Return the 16 kHz samples of a G.722 payload that stands by itself."""
    return join(*decode_bands(new_state(), payload))
