"""What a recording keeps and when it ends, in samples; each test makes the rounds of the writing thread."""

import numpy as np
import pytest

from media.errors import MediaMisuse
from media.recording.take import (
    KEPT_AFTER_SPEECH_SECONDS,
    KEPT_BEFORE_SPEECH_SECONDS,
    EndedBy,
    RecordingLimits,
    Take,
)
from media.tone import silence, tone
from tests.testkit.hand_made_recording import HandMadeRecording
from tests.testkit.scripted_source import ScriptedSource

TALK = tone(500, 1.0, level_dbfs=-15.0)


@pytest.fixture
def recorded(tmp_path):
    """Begins recordings with limits; each hears what its ``hear`` is given, one round for each sound."""
    begun: list[Heard] = []

    def begin(limits: RecordingLimits, channels: int = 1) -> Heard:
        begun.append(Heard(tmp_path / f"{len(begun)}.wav", limits, channels))
        return begun[-1]

    yield begin
    for each in begun:
        each.finish()


class Heard:
    """A recording beside its sources."""

    def __init__(self, path, limits, channels) -> None:
        self._sources = [ScriptedSource() for _ in range(channels)]
        self._recording = HandMadeRecording(path, *self._sources, limits=limits)
        self.take = self._recording.take

    def hear(self, *sounds: np.ndarray) -> EndedBy | None:
        """Feed each channel its sound, make a round, and return why it ended."""
        for source, sound in zip(self._sources, sounds, strict=True):
            source.feed(sound)
        self._recording.advance()
        return self.take.ended_by

    def file(self) -> np.ndarray:
        return self._recording.file()[:, 0]

    def finish(self) -> None:
        self.take.stop()
        self._recording.advance()
        self._recording.end()


def test_everything_is_kept_until_a_limit(recorded):
    heard = recorded(RecordingLimits())
    assert heard.hear(TALK) is None
    assert np.array_equal(heard.file(), TALK)
    assert (heard.take.samples, heard.take.peak) == (8000, int(np.abs(TALK.astype(int)).max()))


def test_the_length_limit_cuts_to_the_sample(recorded):
    heard = recorded(RecordingLimits(max_length=0.75))
    assert heard.hear(TALK[:4000]) is None
    assert heard.hear(TALK[:4000]) is EndedBy.MAX_LENGTH
    assert heard.take.samples == 6000
    assert np.array_equal(heard.file()[4000:], TALK[:2000])


def test_silence_after_speech_ends_it(recorded):
    heard = recorded(RecordingLimits(silence=1.0))
    assert heard.hear(TALK) is None
    assert heard.hear(silence(0.9)) is None
    assert heard.hear(silence(0.2)) is EndedBy.SILENCE


def test_silence_before_speech_has_its_own_limit(recorded):
    heard = recorded(RecordingLimits(initial_silence=2.0, silence=1.0))
    assert heard.hear(silence(1.5)) is None
    assert heard.hear(silence(0.6)) is EndedBy.SILENCE
    assert not heard.take.heard_speech


def test_nothing_is_kept_or_counted_while_paused(recorded):
    heard = recorded(RecordingLimits(initial_silence=1.0))
    heard.take.paused = True
    assert heard.hear(silence(4.0)) is None
    assert heard.take.samples == 0
    heard.take.paused = False
    heard.hear(TALK)
    assert heard.take.samples == 8000


def test_trimming_leaves_a_little_after_the_last_word(recorded):
    heard = recorded(RecordingLimits(trim=True))
    heard.hear(np.concatenate((TALK, silence(3.0))))
    assert heard.take.final_samples() == pytest.approx(8000 * (1.0 + KEPT_AFTER_SPEECH_SECONDS), abs=400)


def test_trimming_leaves_a_short_pause_alone(recorded):
    heard = recorded(RecordingLimits(trim=True))
    heard.hear(np.concatenate((TALK, silence(0.2))))
    assert heard.take.final_samples() == heard.take.samples


def test_trimming_nothing_but_silence_keeps_nothing(recorded):
    heard = recorded(RecordingLimits(trim=True))
    heard.hear(silence(3.0))
    assert (heard.take.samples, heard.take.final_samples(), len(heard.file())) == (0, 0, 0)


@pytest.mark.parametrize("at_once", [800, 1234, 30_000])
def test_trimming_leaves_a_little_before_the_first_word(recorded, at_once: int):
    heard = recorded(RecordingLimits(trim=True))
    sound = np.concatenate((silence(2.0), TALK))
    for at in range(0, len(sound), at_once):
        heard.hear(sound[at : at + at_once])
    whole = heard.file()
    assert len(whole) == heard.take.samples == heard.take.final_samples()
    assert len(whole) == pytest.approx(8000 * (1.0 + KEPT_BEFORE_SPEECH_SECONDS), abs=400)
    assert np.array_equal(whole[-8000:], TALK)


def test_a_pause_before_the_first_word_keeps_nothing_of_what_was_said_in_it(recorded):
    heard = recorded(RecordingLimits(trim=True))
    heard.hear(silence(1.0))
    heard.take.paused = True
    heard.hear(TALK)
    heard.take.paused = False
    heard.hear(np.concatenate((silence(0.5), TALK)))
    whole = heard.file()
    assert len(whole) == pytest.approx(8000 * (1.0 + KEPT_BEFORE_SPEECH_SECONDS), abs=400)
    assert not whole[: len(whole) - 8000].any()
    assert np.array_equal(whole[-8000:], TALK)


def test_what_trimming_leaves_out_counts_towards_the_length(recorded):
    heard = recorded(RecordingLimits(trim=True, max_length=3.0))
    assert heard.hear(silence(2.5)) is None
    assert heard.hear(TALK) is EndedBy.MAX_LENGTH
    assert heard.take.samples == pytest.approx(8000 * (0.5 + KEPT_BEFORE_SPEECH_SECONDS), abs=400)


def test_without_trimming_all_of_it_stays(recorded):
    heard = recorded(RecordingLimits())
    heard.hear(np.concatenate((TALK, silence(3.0))))
    assert heard.take.final_samples() == 32000


@pytest.mark.parametrize("channel", [0, 1])
def test_speech_in_either_channel_is_speech(recorded, channel):
    heard = recorded(RecordingLimits(), channels=2)
    sounds = [silence(1.0), silence(1.0)]
    sounds[channel] = TALK
    heard.hear(*sounds)
    assert heard.take.heard_speech
    assert heard.take.peak == int(np.abs(TALK.astype(int)).max())


def test_the_loudest_negative_sample_is_a_peak_too(recorded):
    heard = recorded(RecordingLimits())
    heard.hear(np.full(1, -32768, dtype=np.int16))
    assert heard.take.peak == 32768


def test_a_length_limit_of_nothing_is_refused():
    with pytest.raises(MediaMisuse, match="at most 0"):
        Take(8000, 1, RecordingLimits(max_length=0))
