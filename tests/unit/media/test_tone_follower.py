import numpy as np
import pytest

from media.sound import Samples, amplitude_of
from media.tone import silence, tone
from media.tone_follower import FRAME, Tone, ToneFollower


def noisy(sound: Samples, dbfs: float = -50.0) -> Samples:
    noise = np.random.default_rng(7).normal(0.0, amplitude_of(dbfs), len(sound))
    return np.clip(sound + noise, -32768, 32767).astype(np.int16)


def tones(*parts: Samples) -> list[Tone]:
    sound = noisy(np.concatenate((silence(0.3), *parts, silence(0.4))))
    follower = ToneFollower()
    frames = (sound[at : at + FRAME] for at in range(0, len(sound) - FRAME + 1, FRAME))
    return [found for frame in frames if (found := follower.receive(frame)) is not None]


@pytest.mark.parametrize("frequency", [440.0, 1000.0, 1400.0, 2100.0])
@pytest.mark.parametrize("level", [-6.0, -30.0])
def test_a_beep_is_heard_with_its_frequency_and_length(frequency: float, level: float):
    (found,) = tones(tone(frequency, 0.5, level_dbfs=level))
    assert found.frequencies == pytest.approx((frequency,), rel=0.01)
    assert found.seconds == pytest.approx(0.5, abs=0.05)
    assert found.place == 1


def test_a_beep_that_begins_between_frames_is_heard_too():
    assert len(tones(silence(0.007), tone(1000, 0.2))) == 1


@pytest.mark.parametrize("level", [-55.0])
def test_the_hum_of_a_line_is_no_tone(level: float):
    assert tones(tone(1000, 0.5, level_dbfs=level)) == []


@pytest.mark.parametrize("frequency", [200.0, 3000.0])
def test_what_is_too_low_or_too_high_for_a_beep_is_none(frequency: float):
    assert tones(tone(frequency, 0.5)) == []


def test_a_click_is_no_tone():
    assert tones(tone(1000, 0.1)) == []


@pytest.mark.parametrize("both", [(350.0, 440.0), (1000.0, 2000.0), (770.0, 1336.0), (1400.0, 2060.0)])
@pytest.mark.parametrize("level", [-6.0, -30.0])
def test_two_tones_at_once_are_heard_with_both_frequencies(both: tuple[float, float], level: float):
    (found,) = tones(tone(both, 0.5, level_dbfs=level))
    assert found.frequencies == tuple(pytest.approx(each, rel=0.01) for each in both)
    assert found.seconds == pytest.approx(0.5, abs=0.07)
    assert found.place == 1


def test_two_tones_that_begin_between_frames_are_heard_too():
    assert len(tones(silence(0.007), tone((1000, 2000), 0.25))) == 1


def test_three_tones_at_once_are_none():
    chord = tone(523, 0.5, level_dbfs=-15) + tone(659, 0.5, level_dbfs=-15) + tone(784, 0.5, level_dbfs=-15)
    assert tones(chord) == []


def test_a_tone_that_goes_over_into_another_does_not_count_and_the_last_knows_its_place():
    (last,) = tones(tone(950, 0.33), tone(1400, 0.33), tone(1800, 0.33))
    assert ([round(each, -2) for each in last.frequencies], last.place) == ([1800], 3)


def test_a_tone_that_glides_is_none():
    at = np.arange(8000) / 8000
    siren = 8000 * np.sin(2 * np.pi * (500 * at + 400 * at**2))
    assert tones(siren.astype(np.int16)) == []


def test_a_tone_into_which_somebody_speaks_is_none():
    speech = np.random.default_rng(3).normal(0.0, 6000.0, 4000).astype(np.int16)
    assert tones(tone(1000, 0.3), speech) == []


def test_what_sounds_now_is_known_before_it_ends():
    follower, sound = ToneFollower(), tone(2100, 1.2)
    for at in range(0, 8000, FRAME):
        assert follower.receive(sound[at : at + FRAME]) is None
    assert follower.sounding == pytest.approx(1.0)
    assert follower.frequencies == pytest.approx((2100,), abs=5)
