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

TALK = tone(500, 1.0, level_dbfs=-15.0)


def mono(samples: np.ndarray):
    return samples.reshape(-1, 1)


def test_everything_is_kept_until_a_limit():
    take = Take(8000, 1, RecordingLimits())
    kept, ended_by = take.receive(mono(TALK))
    assert np.array_equal(kept[:, 0], TALK)
    assert (ended_by, take.samples, take.peak) == (None, 8000, int(np.abs(TALK.astype(int)).max()))


def test_the_length_limit_cuts_to_the_sample():
    take = Take(8000, 1, RecordingLimits(max_length=0.75))
    assert take.receive(mono(TALK[:4000]))[1] is None
    kept, ended_by = take.receive(mono(TALK[:4000]))
    assert (len(kept), ended_by, take.samples) == (2000, EndedBy.MAX_LENGTH, 6000)


def test_silence_after_speech_ends_it():
    take = Take(8000, 1, RecordingLimits(silence=1.0))
    assert take.receive(mono(TALK))[1] is None
    assert take.receive(mono(silence(0.9)))[1] is None
    assert take.receive(mono(silence(0.2)))[1] is EndedBy.SILENCE


def test_silence_before_speech_has_its_own_limit():
    take = Take(8000, 1, RecordingLimits(initial_silence=2.0, silence=1.0))
    assert take.receive(mono(silence(1.5)))[1] is None
    assert take.receive(mono(silence(0.6)))[1] is EndedBy.SILENCE
    assert not take.heard_speech


def test_nothing_is_kept_or_counted_while_paused():
    take = Take(8000, 1, RecordingLimits(initial_silence=1.0))
    take.paused = True
    kept, ended_by = take.receive(mono(silence(5.0)))
    assert (len(kept), ended_by, take.samples) == (0, None, 0)
    take.paused = False
    assert len(take.receive(mono(TALK))[0]) == 8000


def test_trimming_leaves_a_little_after_the_last_word():
    take = Take(8000, 1, RecordingLimits(trim=True))
    take.receive(mono(np.concatenate((TALK, silence(3.0)))))
    assert take.final_samples() == pytest.approx(8000 * (1.0 + KEPT_AFTER_SPEECH_SECONDS), abs=400)


def test_trimming_leaves_a_short_pause_alone():
    take = Take(8000, 1, RecordingLimits(trim=True))
    take.receive(mono(np.concatenate((TALK, silence(0.2)))))
    assert take.final_samples() == take.samples


def test_trimming_nothing_but_silence_keeps_nothing():
    take = Take(8000, 1, RecordingLimits(trim=True))
    assert len(take.receive(mono(silence(3.0)))[0]) == 0
    assert (take.samples, take.final_samples()) == (0, 0)


@pytest.mark.parametrize("at_once", [800, 1234, 40_000])
def test_trimming_leaves_a_little_before_the_first_word(at_once: int):
    take = Take(8000, 1, RecordingLimits(trim=True))
    sound = np.concatenate((silence(2.0), TALK))
    kept = [take.receive(mono(sound[at : at + at_once]))[0] for at in range(0, len(sound), at_once)]
    whole = np.concatenate(kept)[:, 0]
    assert len(whole) == take.samples == take.final_samples()
    assert len(whole) == pytest.approx(8000 * (1.0 + KEPT_BEFORE_SPEECH_SECONDS), abs=400)
    assert np.array_equal(whole[-8000:], TALK)


def test_what_trimming_leaves_out_counts_towards_the_length():
    take = Take(8000, 1, RecordingLimits(trim=True, max_length=3.0))
    assert take.receive(mono(silence(2.5)))[1] is None
    kept, ended_by = take.receive(mono(TALK))
    assert ended_by is EndedBy.MAX_LENGTH
    assert len(kept) == pytest.approx(8000 * (0.5 + KEPT_BEFORE_SPEECH_SECONDS), abs=400)


def test_without_trimming_all_of_it_stays():
    take = Take(8000, 1, RecordingLimits())
    take.receive(mono(np.concatenate((TALK, silence(3.0)))))
    assert take.final_samples() == 32000


@pytest.mark.parametrize("channel", [0, 1])
def test_speech_in_either_channel_is_speech(channel):
    take = Take(8000, 2, RecordingLimits())
    frames = np.zeros((8000, 2), dtype=np.int16)
    frames[:, channel] = TALK
    take.receive(frames)
    assert take.heard_speech


def test_the_loudest_negative_sample_is_a_peak_too():
    take = Take(8000, 1, RecordingLimits())
    take.receive(np.full((1, 1), -32768, dtype=np.int16))
    assert take.peak == 32768


def test_a_length_limit_of_nothing_is_refused():
    with pytest.raises(MediaMisuse, match="at most 0"):
        Take(8000, 1, RecordingLimits(max_length=0))
