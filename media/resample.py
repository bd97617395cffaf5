"""Changing the sample rate of a stream by a polyphase FIR filter, for any two rates."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, gcd

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from media.errors import MediaMisuse
from media.sound import Samples

ZERO_CROSSINGS = 24
"""Zero crossings of the windowed sinc on each side. With beta 8 the stop band is 80 dB down."""

KAISER_BETA = 8.0

PASSBAND = 0.92
"""Where the filter is 6 dB down, as a part of the lower Nyquist frequency: 3.68 kHz at 8 kHz."""

RATES = (4_000, 192_000)

_OUTPUTS_AT_ONCE = 8192
"""Bounds the memory of one step: taps times outputs."""


class Resampler:
    """Turns samples at ``rate_in`` into samples at ``rate_out``, piece by piece.

    However the stream is cut into pieces, the result is the same. The output begins with the
    input, without the delay of the filter, so what is still missing comes out of :meth:`finish`.
    """

    def __init__(self, rate_in: int, rate_out: int) -> None:
        for rate in (rate_in, rate_out):
            if not RATES[0] <= rate <= RATES[1]:
                raise MediaMisuse(f"a rate of {rate} is outside {RATES[0]} to {RATES[1]} samples a second")
        self.rate_in = rate_in
        self.rate_out = rate_out
        common = gcd(rate_in, rate_out)
        self._up = rate_out // common
        self._down = rate_in // common
        self._phases = _polyphase(self._up, self._down)
        self._taps = self._phases.shape[1]
        half = self._taps // 2
        self._pending = np.zeros(half - 1, dtype=np.float32)
        """Input that later outputs still need, from the first tap of the next output on."""
        self._position = 0
        """Where the next output lies after the first pending window, in 1/up input samples."""
        self._fed = 0
        self._made = 0

    def process(self, samples: Samples) -> Samples:
        """Return the samples at the new rate that ``samples`` complete; perhaps none."""
        if self.rate_in == self.rate_out:
            return samples
        self._fed += len(samples)
        return self._filter(samples.astype(np.float32))

    def finish(self) -> Samples:
        """Return the rest of the stream. The whole is as long as the input, rounded up."""
        if self.rate_in == self.rate_out:
            return np.empty(0, dtype=np.int16)
        rest = ceil(self._fed * self._up / self._down) - self._made
        return self._filter(np.zeros(self._taps, dtype=np.float32))[:rest]

    def _filter(self, samples: NDArray[np.float32]) -> Samples:
        available = np.concatenate((self._pending, samples))
        windows = len(available) - self._taps + 1
        count = max(0, -(-(windows * self._up - self._position) // self._down)) if windows > 0 else 0
        parts = []
        for start in range(0, count, _OUTPUTS_AT_ONCE):
            parts.append(self._outputs(available, start, min(count - start, _OUTPUTS_AT_ONCE)))
        self._position += count * self._down
        used, self._position = divmod(self._position, self._up)
        # A large step down may ask for a window that begins after everything we have.
        used_now = min(used, len(available))
        self._position += (used - used_now) * self._up
        self._pending = available[used_now:]
        self._made += count
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.int16)

    def _outputs(self, available: NDArray[np.float32], start: int, count: int) -> Samples:
        at = self._position + (start + np.arange(count)) * self._down
        windows = sliding_window_view(available, self._taps)[at // self._up]
        filtered = np.einsum("ij,ij->i", windows, self._phases[at % self._up])
        rounded: NDArray[np.float32] = np.clip(np.rint(filtered), -32768, 32767)
        return rounded.astype(np.int16)


def resample(samples: Samples, rate_in: int, rate_out: int) -> Samples:
    """Return the whole of ``samples`` at another rate."""
    resampler = Resampler(rate_in, rate_out)
    return np.concatenate((resampler.process(samples), resampler.finish()))


@lru_cache(maxsize=32)
def _polyphase(up: int, down: int) -> NDArray[np.float32]:
    """Return the filter as rows, one for each of ``up`` positions between input samples.

    Row *p* has its centre *p*/up of a sample after its tap ``taps // 2 - 1``, and every row
    sums to one, so that a constant stays exactly that constant.
    """
    cutoff = PASSBAND * min(1.0, up / down)
    half = ceil(ZERO_CROSSINGS / cutoff)
    offset = np.arange(1 - half, half + 1)[None, :] - np.arange(up)[:, None] / up
    inside = np.clip(1.0 - (offset / half) ** 2, 0.0, None)
    window = np.i0(KAISER_BETA * np.sqrt(inside)) / np.i0(KAISER_BETA)
    rows = cutoff * np.sinc(cutoff * offset) * window
    rows /= rows.sum(axis=1, keepdims=True)
    rows.setflags(write=False)
    return rows.astype(np.float32)
