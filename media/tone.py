"""Tones made of sines: beeps, ringback, keys (ITU-T E.180 supplement 2, Q.23)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from media.errors import MediaMisuse
from media.sound import Samples, amplitude_of

DTMF_ROWS = (697, 770, 852, 941)
DTMF_COLUMNS = (1209, 1336, 1477, 1633)
DTMF_KEYS = "123A456B789C*0#D"
"""The keys in reading order: four rows of four columns (Q.23)."""

RINGBACK: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "eu": ((425.0,), (1.0, 4.0)),
    "us": ((440.0, 480.0), (2.0, 4.0)),
    "uk": ((400.0, 450.0), (0.4, 0.2, 0.4, 2.0)),
}
"""Frequencies, and seconds of sound and silence in turn, of the ringing tone of a country."""

_FADE_SECONDS = 0.005


def tone(
    frequencies: float | Sequence[float], seconds: float, *, rate: int = 8000, level_dbfs: float = -10.0
) -> Samples:
    """Return the sum of sines that each peak ``level_dbfs`` below full scale.

    Every sine begins at zero. The sum is clipped once, last.
    """
    wanted = (frequencies,) if isinstance(frequencies, int | float) else tuple(frequencies)
    for frequency in wanted:
        if not 0 < frequency < rate / 2:
            raise MediaMisuse(f"a tone of {frequency} Hz cannot be carried at {rate} samples a second")
    at = np.arange(round(seconds * rate)) / rate
    total = np.zeros(len(at))
    for frequency in wanted:
        total += amplitude_of(level_dbfs) * np.sin(2 * np.pi * frequency * at)
    return np.clip(np.rint(total), -32768, 32767).astype(np.int16)


def silence(seconds: float, *, rate: int = 8000) -> Samples:
    """Return zeros."""
    return np.zeros(round(seconds * rate), dtype=np.int16)


def beep(*, rate: int = 8000) -> Samples:
    """Return what is heard before a recording: half a second of 1 kHz with soft edges."""
    return _with_soft_edges(tone(1000, 0.5, rate=rate, level_dbfs=-12.0), rate)


def departure(*, rate: int = 8000) -> Samples:
    """Return what a conference hears when somebody has left: two short tones, the second one lower."""
    high, low = (_with_soft_edges(tone(each, 0.15, rate=rate, level_dbfs=-12.0), rate) for each in (800, 600))
    return np.concatenate((high, silence(0.05, rate=rate), low))


def ringback(country: str = "eu", *, rate: int = 8000) -> Samples:
    """Return one period of the ringing tone of ``country``, to be repeated."""
    if country not in RINGBACK:
        raise MediaMisuse(f"no ringing tone for {country!r}: choose one of {', '.join(sorted(RINGBACK))}")
    frequencies, cadence = RINGBACK[country]
    parts = []
    for index, seconds in enumerate(cadence):
        sounding = index % 2 == 0
        part = tone(frequencies, seconds, rate=rate, level_dbfs=-16.0) if sounding else None
        parts.append(silence(seconds, rate=rate) if part is None else _with_soft_edges(part, rate))
    return np.concatenate(parts)


def dtmf(key: str, seconds: float = 0.1, *, rate: int = 8000, level_dbfs: float = -10.0) -> Samples:
    """Return the two tones of ``key``, each peaking ``level_dbfs`` below full scale."""
    position = DTMF_KEYS.find(key.upper()) if len(key) == 1 else -1
    if position < 0:
        raise MediaMisuse(f"{key!r} is no key: use 0-9, *, # and A-D")
    pair = (DTMF_ROWS[position // 4], DTMF_COLUMNS[position % 4])
    return tone(pair, seconds, rate=rate, level_dbfs=level_dbfs)


def _with_soft_edges(samples: Samples, rate: int) -> Samples:
    """Fade the first and last 5 ms, so that neither clicks."""
    length = min(round(_FADE_SECONDS * rate), len(samples) // 2)
    shaped = samples.astype(np.float64)
    ramp = (np.arange(length) + 0.5) / max(length, 1)
    shaped[:length] *= ramp
    shaped[len(shaped) - length :] *= ramp[::-1]
    return np.rint(shaped).astype(np.int16)
