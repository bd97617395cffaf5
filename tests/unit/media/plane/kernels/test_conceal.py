"""Standing in for lost sound: better than silence, smooth, and soon over."""

import numpy as np
import pytest

from media.codecs import g711
from media.plane.kernels.conceal import FADE_END, LONGEST_LAG, pitch_lag
from tests.testkit.speech_like import spectral_distance, speech_like
from tests.testkit.virtual_leg import VirtualLeg, paced, packets


def plain_pitch_lag(sound, at):
    """The twin: the shortest lag whose normalised correlation is within 2 % of the best before it."""
    coarse = (sound.astype(np.int64) >> 4).astype(np.float64)
    window, best, best_lag = coarse[at : at + 160], 0.5, LONGEST_LAG
    for lag in range(40, LONGEST_LAG + 1):
        before = coarse[at - lag : at - lag + 160]
        power = np.sqrt((window @ window) * (before @ before))
        found = window @ before / power if power and window @ before > 0 else 0.0
        if found > best * 1.02:
            best, best_lag = found, lag
    return best_lag


@pytest.mark.parametrize("pitch", [55, 80, 100, 130, 190])
def test_the_pitch_of_a_voice_is_found(pitch):
    time = np.arange(480) / 8000
    voice = sum(np.sin(2 * np.pi * pitch * harmonic * time) / harmonic for harmonic in range(1, 12))
    sound = (4000 * voice).astype(np.int16)
    assert abs(pitch_lag(sound, 160, -1) - 8000 / pitch) <= 2


def test_noise_has_the_longest_period():
    sound = np.random.default_rng(1).integers(-3000, 3000, 480).astype(np.int16)
    assert pitch_lag(sound, 160, -1) == LONGEST_LAG


@pytest.mark.parametrize("seed", range(20))
def test_the_compiled_search_finds_what_the_plain_one_finds(seed):
    random = np.random.default_rng(seed)
    voice = speech_like(0.06) + random.normal(0, 100 * (seed + 1), 480)
    sound = np.clip(voice * random.uniform(0.1, 3), -32767, 32767).astype(np.int16)
    assert pitch_lag(sound, 160, -1) == plain_pitch_lag(sound, 160)


def heard_with_losses(loss, seed=5):
    """Return what was said, what was heard of it, and the same with silence where sound was lost."""
    said = speech_like(8.0)
    keep = np.random.default_rng(seed).random(len(said) // 160) > loss
    arrivals = [each for each, kept in zip(paced(packets(said)), keep, strict=True) if kept]
    heard = VirtualLeg().listen(arrivals, 405)
    coded = g711.decode_mulaw(g711.encode_mulaw(said))
    gaps = np.where(np.repeat(keep, 160), coded, 0).astype(np.int16)
    length = len(said) - 1600
    return coded[:length], heard[320 : 320 + length], gaps[:length]


@pytest.mark.parametrize("loss", [0.02, 0.05, 0.1])
def test_lost_speech_is_closer_to_what_was_said_than_silence_is(loss):
    said, heard, gaps = heard_with_losses(loss)
    assert spectral_distance(heard, said) < 0.75 * spectral_distance(gaps, said)


def test_a_long_gap_fades_to_silence_within_60_ms():
    said = speech_like(1.0)
    heard = VirtualLeg().listen(paced(packets(said[2000:3000])), 40)
    end = 100 + 1000 + 240
    assert np.abs(heard[end : end + 80]).max() > 0
    assert not heard[end + FADE_END :].any()


def test_no_click_is_louder_than_the_sound_around_it():
    said = speech_like(2.0)
    arrivals = paced(packets(said))
    with_gap = [each for index, each in enumerate(arrivals) if index not in (11, 12, 47)]
    steps = np.abs(np.diff(VirtualLeg().listen(with_gap, 100).astype(np.int64)))
    usual = np.abs(np.diff(VirtualLeg().listen(arrivals, 100).astype(np.int64)))
    assert steps.max() <= 1.2 * usual.max()
