"""G.722 in the tick: :mod:`media.codecs.g722` compiled."""

from __future__ import annotations

import numpy as np

from media.codecs import g722
from media.plane import layout as c
from media.plane.compiled import hot, kernel
from media.plane.kernels.wide import wide_of
from media.plane.legs import Array, Integer, Lane, LegRow

_start = kernel(g722.start)
_quantise_low, _quantise_high = hot(g722.quantise_low), hot(g722.quantise_high)
_value_low, _value_high = hot(g722.value_low), hot(g722.value_high)
_follow_low, _follow_high = hot(g722.follow_low), hot(g722.follow_high)
_adapt_poles, _adapt_zeros, _predict = hot(g722.adapt_poles), hot(g722.adapt_zeros), hot(g722.predict)

LOW, HIGH = g722.LOW, g722.HIGH
SIGNAL, ZERO_PART = g722.SIGNAL, g722.ZERO_PART


@hot
def _adapt(band: Array, difference: Integer) -> None:
    rebuilt = min(max(band[SIGNAL] + difference, -32768), 32767)
    _adapt_poles(band, min(max(band[ZERO_PART] + difference, -32768), 32767))
    _adapt_zeros(band, difference)
    _predict(band, rebuilt)


@kernel
def start_g722(leg: LegRow) -> None:
    """Make coder and decoder as new."""
    _start(wide_of(leg).g722_said)
    _start(wide_of(leg).g722_heard)


@kernel
def decode_g722(lane: Lane, leg: LegRow, start: Integer, octets: Integer) -> None:
    """Decode ``octets`` at ``start`` of the buffer into the two bands of ``lane.decoded``."""
    low, high = wide_of(leg).g722_heard[LOW], wide_of(leg).g722_heard[HIGH]
    decoded, buffer = lane.decoded, lane.buffer
    for j in range(octets):
        octet = np.int64(buffer[np.uint32(start + j)])
        code_low, code_high = octet & 63, octet >> 6
        decoded[LOW, j] = np.int16(2 * _value_low(low, code_low))
        decoded[HIGH, j] = np.int16(2 * _value_high(high, code_high))
        _adapt(low, _follow_low(low, code_low))
        _adapt(high, _follow_high(high, code_high))


@kernel
def encode_g722(lane: Lane, leg: LegRow, at: Integer) -> None:
    """Encode the frame in ``lane.spoken_bands`` to ``at`` of the packet, an octet for each place of time."""
    low, high = wide_of(leg).g722_said[LOW], wide_of(leg).g722_said[HIGH]
    packet, bands = leg.packet, lane.spoken_bands
    for j in range(c.FRAME):
        code_low = _quantise_low(low, np.int64(bands[LOW, j]) >> 1)
        code_high = _quantise_high(high, np.int64(bands[HIGH, j]) >> 1)
        _adapt(low, _follow_low(low, code_low))
        _adapt(high, _follow_high(high, code_high))
        packet[np.uint32(at + j)] = np.uint8(code_high << 6 | code_low)
