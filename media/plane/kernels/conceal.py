"""What stands in for sound that is missing (in the spirit of ITU-T G.711 Appendix I).

The last pitch period is repeated, first as it was, then fading, gone after 60 ms. Where sound
comes back, both are cross-faded.
"""

from __future__ import annotations

import numpy as np

from media.plane.compiled import hot, kernel
from media.plane.kernels.quiet import add_noise
from media.plane.kernels.wide import wide_of
from media.plane.legs import Array, Integer, LegRow

SHORTEST_LAG = 40
"""5 ms: a voice of 200 Hz, or the second period of a higher one."""
LONGEST_LAG = 160
"""20 ms: a voice of 50 Hz. Noise takes this one, because a short period of noise buzzes."""
WINDOW = 160
VOICED = 0.5
"""Correlation from which a period is taken for one."""
FADE_START = 80
FADE_END = 480
MEND = 40
"""Samples over which invented and real sound are cross-faded: 5 ms."""
QUIET_START = FADE_END - MEND
"""Where the fade begins when the peer said that it is silent."""


@hot
def _correlation(sound: Array, at: Integer, shifted: Integer) -> Integer:
    """Return the normalised correlation of two windows; samples lose 4 bits so that sums fit 32."""
    product, power, shifted_power = np.int32(0), np.int32(0), np.int32(0)
    for j in range(WINDOW):
        a = np.int32(np.int32(sound[at + j]) >> np.int32(4))
        b = np.int32(np.int32(sound[shifted + j]) >> np.int32(4))
        product = np.int32(product + np.int32(a * b))
        power = np.int32(power + np.int32(a * a))
        shifted_power = np.int32(shifted_power + np.int32(b * b))
    if product <= 0 or power == 0 or shifted_power == 0:
        return 0.0
    return np.float64(product) / np.sqrt(np.float64(power) * np.float64(shifted_power))


@kernel
def pitch_lag(sound: Array, at: Integer, direction: Integer) -> Integer:
    """Return the lag at which the window at ``at`` looks most like the one before (-1) or after (1) it."""
    best, best_lag = VOICED, np.int64(LONGEST_LAG)
    for lag in range(SHORTEST_LAG, LONGEST_LAG + 1):
        found = _correlation(sound, at, at + direction * lag)
        # A little better is not better: of several periods the shortest is the pitch.
        if found > best * 1.02:
            best, best_lag = found, np.int64(lag)
    return best_lag


@kernel
def begin_erasure(leg: LegRow, sound: Array, end: Integer, paused: Integer) -> None:
    """Take the pitch period before ``end`` of ``sound`` as what will be repeated."""
    lag = pitch_lag(sound, end - WINDOW, -1)
    _take_period(leg.period, lag, sound, end)
    leg.lag = lag
    leg.erased = QUIET_START if paused else 0


@hot
def _take_period(period: Array, lag: Integer, sound: Array, end: Integer) -> None:
    start = end - lag
    for j in range(lag):
        period[j] = sound[start + j]
    # The end of the period is led over to what came before its beginning, so that it repeats smoothly.
    overlap = min(lag >> 2, start)
    for j in range(overlap):
        weight = np.int32(j + 1)
        own = np.int32(sound[end - overlap + j]) * np.int32(overlap - weight)
        before = np.int32(sound[start - overlap + j]) * weight
        period[lag - overlap + j] = np.int16(np.int32(own + before) // np.int32(overlap))


@hot
def _invented(period: Array, lag: Integer, erased: Integer) -> Integer:
    """Return the sample of the repeated period ``erased`` samples after sound went missing."""
    if erased >= FADE_END or lag == 0:
        return np.int64(0)
    value = np.int64(period[erased % lag])
    if erased <= FADE_START:
        return value
    return value * (FADE_END - erased) // (FADE_END - FADE_START)


@kernel
def invent(leg: LegRow, sound: Array, start: Integer, end: Integer, paused: Integer) -> None:
    """Fill ``start`` to ``end`` of ``sound``, going on where the last erasure is; with noise in a pause.

    A new one needs ``HISTORY`` samples of sound before ``start``.
    """
    if leg.erased == 0:
        begin_erasure(leg, sound, start, paused)
    _repeat(leg.period, leg.lag, leg.erased, sound, start, end)
    if paused and leg.noise:
        add_noise(leg, sound, start, end)
    leg.erased = min(leg.erased + end - start, FADE_END)


@hot
def _repeat(period: Array, lag: Integer, erased: Integer, sound: Array, start: Integer, end: Integer) -> None:
    for j in range(start, end):
        sound[j] = np.int16(_invented(period, lag, erased + j - start))


@kernel
def fill_high(
    leg: LegRow, sound: Array, start: Integer, end: Integer, erased: Integer, paused: Integer
) -> None:
    """Do for the higher band what :func:`invent` has just done, which began at ``erased``."""
    if erased == 0:
        _take_period(wide_of(leg).period_high, leg.lag, sound, start)
        erased = QUIET_START if paused else 0
    _repeat(wide_of(leg).period_high, leg.lag, erased, sound, start, end)


@kernel
def mend(leg: LegRow, sound: Array, start: Integer, end: Integer) -> None:
    """Cross-fade from invented sound to the real one that begins at ``start``."""
    _lead_back(leg.period, leg.lag, leg.erased, sound, start, end)
    leg.erased = 0


@kernel
def mend_high(leg: LegRow, sound: Array, start: Integer, end: Integer) -> None:
    """Do for the higher band what :func:`mend` is about to do."""
    _lead_back(wide_of(leg).period_high, leg.lag, leg.erased, sound, start, end)


@hot
def _lead_back(
    period: Array, lag: Integer, erased: Integer, sound: Array, start: Integer, end: Integer
) -> None:
    for j in range(min(MEND, end - start)):
        invented = _invented(period, lag, erased + j) * (MEND - j)
        sound[start + j] = np.int16((np.int64(sound[start + j]) * j + invented) // MEND)
