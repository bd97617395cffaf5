"""Two bands of 8 kHz, and the way between them and narrowband sound."""

import numpy as np
import pytest

from media.codecs.bands import FROM_BANDS, TAPS, TO_BANDS, join, split
from tests.testkit.wide_peer import WIDE_RATE, level, wide_tone

AMPLITUDE = 8000
FULL = 20 * np.log10(AMPLITUDE / 32768)


def to_narrow(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return np.asarray(np.convolve(low, FROM_BANDS[0], "valid") + np.convolve(high, FROM_BANDS[1], "valid"))


def to_wide(narrow: np.ndarray) -> np.ndarray:
    low, high = (np.rint(np.convolve(narrow, taps, "valid")).astype(np.int16) for taps in TO_BANDS)
    return join(low, high)


def narrow_tone(frequency: float) -> np.ndarray:
    return np.asarray(AMPLITUDE * np.sin(2 * np.pi * frequency / 8000 * np.arange(4000)))


def test_what_is_split_and_joined_is_what_it_was():
    sound = np.random.default_rng(3).normal(0, 3000, 4000).astype(np.int16)
    again = join(*split(sound))
    assert np.max(np.abs(again[22:].astype(int) - sound[:-22])) < 60


@pytest.mark.parametrize("frequency", [300, 1000, 3000, 3400])
def test_telephone_sound_passes_both_ways(frequency):
    narrow = to_narrow(*split(wide_tone(frequency, 0.5, AMPLITUDE)))
    assert level(narrow, frequency, 8000) == pytest.approx(FULL, abs=0.5)
    assert level(to_wide(narrow_tone(frequency)), frequency, WIDE_RATE) == pytest.approx(FULL, abs=0.5)


@pytest.mark.parametrize("frequency", [4300, 4600, 5000, 6000, 7500])
def test_what_is_above_4_khz_leaves_nothing_in_narrowband_sound(frequency):
    narrow = to_narrow(*split(wide_tone(frequency, 0.5, AMPLITUDE)))
    assert np.max(np.abs(narrow[TAPS:])) < AMPLITUDE / 1000


@pytest.mark.parametrize("frequency", [300, 2000, 3000, 3400])
def test_narrowband_sound_has_no_mirror_above_4_khz(frequency):
    assert level(to_wide(narrow_tone(frequency)), 8000 - frequency, WIDE_RATE) < FULL - 55
