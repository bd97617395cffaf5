"""16 kHz sound split as it comes, against the filters over all of it."""

import numpy as np
import pytest

from media.band_splitter import RATE, BandSplitter, banded
from media.codecs import bands
from tests.testkit.outside_sound import tone
from tests.testkit.sound import level_at
from tests.testkit.wide_peer import wide_tone

RANDOM = np.random.default_rng(5)
BANDS_DELAY = 6


def split(sound: np.ndarray, *cuts: int) -> np.ndarray:
    splitter = BandSplitter()
    return np.concatenate([*map(splitter.process, np.split(sound, cuts)), splitter.finish()], axis=1)


def test_the_result_is_as_long_as_the_sound_however_it_is_cut():
    noise = RANDOM.integers(-9000, 9000, 3001, np.int16)
    whole = split(noise)
    assert whole.shape == (3, 1500)
    for cuts in ((1,), (2, 3), tuple(range(1, 3000, 7)), (1500, 1500, 2999)):
        assert np.array_equal(split(noise, *cuts), whole)


def test_the_bands_are_those_of_the_codec_without_its_delay():
    noise = RANDOM.integers(-9000, 9000, 3200, np.int16)
    wanted = np.stack(bands.split(noise))[:, BANDS_DELAY:]
    found = split(noise)[1:, :-BANDS_DELAY]
    assert np.max(np.abs(found.astype(int) - wanted)) <= 1


@pytest.mark.parametrize(("pitch", "heard"), [(300, True), (3400, True), (4300, False), (6000, False)])
def test_narrowband_sound_ends_where_a_telephones_does(pitch, heard):
    narrow = split(wide_tone(pitch, 0.5))[0][200:-200]
    alias = pitch if pitch < 4000 else 8000 - pitch
    assert level_at(narrow, alias) == pytest.approx(-12.2, abs=1) if heard else level_at(narrow, alias) < -60


def test_nothing_in_gives_nothing_out():
    splitter = BandSplitter()
    assert splitter.process(np.zeros(0, np.int16)).shape == (3, 0)
    assert splitter.finish().shape == (3, 0)


def test_what_is_louder_than_full_scale_is_clipped_and_does_not_wrap():
    square = np.sign(np.sin(2 * np.pi * 200 * (np.arange(RATE // 4) + 0.5) / RATE)) * 32767
    narrow = split(square.astype(np.int16))[0].astype(int)
    # The middle of each half of a period, of 20 samples.
    middles = narrow[10::20][1:-1]
    assert np.array_equal(np.sign(middles), np.where(np.arange(len(middles)) % 2, 1, -1))
    assert np.min(np.abs(middles)) > 28000
    assert narrow.max() == 32767


def test_narrowband_sound_has_bands_too_of_which_the_upper_one_is_silent():
    narrow = tone(850, 0.5)
    sound = banded(narrow)
    assert sound.shape == (3, 4000)
    for row in (0, 1):
        assert level_at(sound[row][200:-200], 850) == pytest.approx(level_at(narrow, 850), abs=1)
    assert level_at(sound[2][200:-200], 850) < -50
