import numpy as np
import pytest

from media.recording.silence import SilenceWatch
from media.tone import silence, tone
from tests.testkit.sound import noise

TALK = tone(500, 1.0, level_dbfs=-15.0)


def watched(*sounds, initial_silence=None, silence=None) -> SilenceWatch:
    watch = SilenceWatch(8000, initial_silence=initial_silence, silence=silence)
    for sound in sounds:
        watch.receive(sound)
    return watch


def expiry(sound, **limits) -> float | None:
    """Return after how many seconds of ``sound`` the watch expires."""
    watch = SilenceWatch(8000, **limits)
    for at in range(0, len(sound), 160):
        watch.receive(sound[at : at + 160])
        if watch.expired:
            return (at + 160) / 8000
    return None


def test_silence_before_and_after_speech_is_measured():
    watch = watched(silence(0.6), TALK, silence(2.0))
    assert watch.heard_speech
    assert watch.leading_silence == pytest.approx(0.6, abs=0.05)
    assert watch.trailing_silence == pytest.approx(2.0, abs=0.05)


def test_a_pause_between_words_is_forgotten():
    watch = watched(TALK, silence(1.0), TALK)
    assert watch.trailing_silence == 0.0


def test_silence_alone_is_leading_and_trailing():
    watch = watched(silence(1.5))
    assert not watch.heard_speech
    assert watch.leading_silence == watch.trailing_silence == 1.5


def test_the_first_limit_counts_before_speech_only():
    limits = {"initial_silence": 2.0, "silence": None}
    assert expiry(silence(5.0), **limits) == pytest.approx(2.0, abs=0.05)
    assert expiry(np.concatenate((silence(1.0), TALK, silence(5.0))), **limits) is None


def test_the_second_limit_counts_after_speech_only():
    limits = {"initial_silence": None, "silence": 1.5}
    assert expiry(silence(5.0), **limits) is None
    assert expiry(np.concatenate((silence(1.0), TALK, silence(5.0))), **limits) == pytest.approx(
        3.5, abs=0.05
    )


def test_noise_of_the_line_counts_as_silence():
    sound = np.concatenate((noise(1.0, -50.0), TALK, noise(3.0, -50.0, seed=2)))
    assert expiry(sound, initial_silence=None, silence=2.0) == pytest.approx(4.0, abs=0.06)


def test_without_limits_nothing_expires():
    assert not watched(silence(60.0)).expired
