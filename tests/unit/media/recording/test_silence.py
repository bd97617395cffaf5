"""How long a recording is silent: judged by the compiled form of the voice detector, compared with that."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.recording.judging import is_expired, judge
from media.recording.take import RecordingLimits, Take
from media.tone import silence, tone
from media.voice_activity import HANG_OVER_SECONDS, VoiceActivityDetector
from tests.testkit.sound import noise

TALK = tone(500, 1.0, level_dbfs=-15.0)


class Watch:
    """The take of a recording that hears what it is told to, and writes nothing."""

    def __init__(self, silence: float | None = None, initial_silence: float | None = None) -> None:
        limits = RecordingLimits(silence=silence, initial_silence=initial_silence)
        self._take = Take(8000, 1, limits)
        self.heard_speech, self.leading_silence, self.trailing_silence = False, 0.0, 0.0

    def receive(self, sound: np.ndarray) -> None:
        judge(self._take.row, sound, 0, len(sound))
        self.heard_speech = self._take.heard_speech
        self.leading_silence = self._take.leading_silence
        self.trailing_silence = self._take.trailing_silence

    @property
    def expired(self) -> bool:
        return bool(is_expired(self._take.row))


def watched(*sounds, **limits) -> Watch:
    watch = Watch(**limits)
    for sound in sounds:
        watch.receive(sound)
    return watch


def expiry(sound, **limits) -> float | None:
    """Return after how many seconds of ``sound`` it has been silent for too long."""
    watch = Watch(**limits)
    for at in range(0, len(sound), 160):
        watch.receive(sound[at : at + 160])
        if watch.expired:
            return (at + 160) / 8000
    return None


LEVELS = st.sampled_from([-80.0, -55.0, -48.0, -42.0, -35.0, -20.0, -6.0])


@given(st.lists(st.tuples(LEVELS, st.integers(1, 4000)), min_size=1, max_size=12), st.integers(0, 2**31))
def test_it_judges_as_the_voice_detector_does(stretches, seed):
    detector, watch = VoiceActivityDetector(), Watch()
    heard, leading, since = False, 0, 0
    active = False
    for number, (level, samples) in enumerate(stretches):
        sound = noise(samples / 8000, level, seed=seed + number) + np.int16(seed % 50)
        watch.receive(sound)
        for stretch in detector.receive(sound):
            active = stretch.active
            heard = heard or active
            since = 0 if active else since + stretch.samples
            leading += 0 if heard else stretch.samples
        trailing = leading if not heard else 0 if active else since + round(8000 * HANG_OVER_SECONDS)
        assert watch.heard_speech == heard
        assert (watch.leading_silence, watch.trailing_silence) == (leading / 8000, trailing / 8000)


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
