import errno
import os
import resource
from contextlib import contextmanager

import numpy as np
import pytest

from media.errors import MediaMisuse
from media.recording.take import EndedBy, RecordingLimits, Take
from media.recording.wav import HEADER_OCTETS
from media.recording.writer import Outcome, Track, Tracks
from media.tone import silence, tone
from tests.testkit.hand_made_recording import HandMadeRecording
from tests.testkit.scripted_source import ScriptedSource
from tests.testkit.sound import voice_of

TALK = voice_of(3)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "RE1.wav"


def test_the_file_is_playable_after_every_round(path):
    source = ScriptedSource()
    recording = HandMadeRecording(path, source)
    for rounds in range(1, 6):
        source.feed(TALK[:800])
        assert recording.advance()
        assert len(recording.file()) == 800 * rounds
    recording.take.stop()
    assert not recording.advance()
    assert recording.end() == Outcome(EndedBy.STOPPED, 4000, recording.outcomes[0].descriptor)


def test_a_file_exists_before_the_first_sound(path):
    recording = HandMadeRecording(path, ScriptedSource())
    assert recording.advance()
    assert len(recording.file()) == 0
    recording.take.stop()
    recording.advance()
    assert recording.end().samples == 0


def test_what_came_before_the_stop_is_kept(path):
    recording = HandMadeRecording(path, ScriptedSource(TALK))
    recording.take.stop()
    assert not recording.advance()
    assert np.array_equal(recording.file()[:, 0], TALK)
    assert recording.end().ended_by is EndedBy.STOPPED


def test_a_leg_that_is_gone_ends_it_with_everything_that_was_heard(path):
    source = ScriptedSource(TALK)
    source.close()
    recording = HandMadeRecording(path, source)
    assert not recording.advance()
    assert np.array_equal(recording.file()[:, 0], TALK)
    assert recording.end().ended_by is EndedBy.HANG_UP


def test_a_limit_ends_it(path):
    recording = HandMadeRecording(path, ScriptedSource(TALK), limits=RecordingLimits(max_length=0.5))
    assert not recording.advance()
    assert recording.end().ended_by is EndedBy.MAX_LENGTH
    assert len(recording.file()) == 4000


def test_trimming_shortens_the_file(path):
    sound = np.concatenate((TALK, silence(2.0)))
    recording = HandMadeRecording(path, ScriptedSource(sound), limits=RecordingLimits(trim=True))
    recording.take.stop()
    recording.advance()
    outcome = recording.end()
    assert 8000 < outcome.samples < 12000
    assert len(recording.file()) == outcome.samples
    assert os.path.getsize(path) == 44 + 2 * outcome.samples


def test_two_sources_become_two_channels_in_step(path):
    left, right = ScriptedSource(TALK[:1000]), ScriptedSource(TALK[:300])
    recording = HandMadeRecording(path, left, right)
    recording.advance()
    assert recording.file().shape == (300, 2)
    right.feed(TALK[300:900])
    recording.advance()
    assert recording.file().shape == (900, 2)
    recording.take.stop()
    recording.advance()
    frames = recording.file()
    assert np.array_equal(frames[:, 0], TALK[:1000])
    assert np.array_equal(frames[:900, 1], TALK[:900])
    assert not frames[900:, 1].any()
    assert recording.end().samples == 1000


def test_a_full_disk_ends_it_and_leaves_what_was_written(path):
    source = ScriptedSource(TALK[:800])
    recording = HandMadeRecording(path, source)
    recording.advance()
    written = os.dup(recording.descriptor)
    with open("/dev/full", "wb") as full:
        os.dup2(full.fileno(), recording.descriptor)
    source.feed(TALK[:800])
    assert not recording.advance()
    outcome = recording.end()
    os.close(written)
    assert outcome.ended_by is EndedBy.FAILED
    assert outcome.samples == 800
    assert "No space left" in (outcome.error or "")
    assert np.array_equal(recording.file()[:, 0], TALK[:800])


@contextmanager
def largest_file(octets):
    """Limit the size of files, and of nothing that pytest writes about the test."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_takes_a_part_only_ends_it_with_what_the_header_counts(path):
    source = ScriptedSource(TALK[:500])
    recording = HandMadeRecording(path, source)
    recording.advance()
    source.feed(TALK[500:1000])
    with largest_file(HEADER_OCTETS + 2 * 700):
        assert not recording.advance()
    outcome = recording.end()
    assert (outcome.ended_by, outcome.samples) == (EndedBy.FAILED, 500)
    assert "File too large" in (outcome.error or "")
    assert np.array_equal(recording.file()[:, 0], TALK[:500])
    assert np.array_equal(np.frombuffer(path.read_bytes()[HEADER_OCTETS:], "<i2"), TALK[:700])


def test_a_recording_that_fails_does_not_stop_the_others(tmp_path):
    tracks, recordings = Tracks(), []
    for number in range(3):
        source = ScriptedSource(TALK)
        recordings.append(HandMadeRecording(tmp_path / f"{number}.wav", source, among=tracks))
    with open("/dev/full", "wb") as full:
        os.dup2(full.fileno(), recordings[1].descriptor)
    tracks.advance()
    assert len(tracks) == 2
    tracks.stop()
    ends = [recording.end().ended_by for recording in recordings]
    assert ends == [EndedBy.STOPPED, EndedBy.FAILED, EndedBy.STOPPED]
    assert np.array_equal(recordings[2].file()[:, 0], TALK)


def test_a_file_that_exists_is_not_overwritten(path):
    path.write_bytes(b"precious")
    recording = HandMadeRecording(path, ScriptedSource(TALK))
    outcome = recording.end()
    assert (outcome.ended_by, outcome.descriptor) == (EndedBy.FAILED, None)
    assert path.read_bytes() == b"precious"


def test_sources_and_channels_must_agree(path):
    with pytest.raises(MediaMisuse, match="2 sources do not make 1 channels"):
        Track([ScriptedSource(), ScriptedSource()], str(path), Take(8000, 1, RecordingLimits()), print)


def test_a_paused_recording_leaves_out_what_is_said(path):
    source = ScriptedSource(TALK[:800])
    recording = HandMadeRecording(path, source)
    recording.advance()
    recording.take.paused = True
    source.feed(tone(3000, 0.5))
    recording.advance()
    recording.take.paused = False
    source.feed(TALK[800:1600])
    recording.take.stop()
    recording.advance()
    assert np.array_equal(recording.file()[:, 0], TALK[:1600])
    recording.end()


SECRET = tone(3000, 0.1)


def test_a_pause_between_two_rounds_is_exact_to_the_sample(path):
    source = ScriptedSource(TALK[:800])
    recording = HandMadeRecording(path, source)
    for said in (TALK[800:1000], TALK[1000:1700]):
        recording.take.paused = True
        source.feed(SECRET)
        recording.take.paused = False
        source.feed(said)
    recording.take.stop()
    recording.advance()
    assert np.array_equal(recording.file()[:, 0], TALK[:1700])
    recording.end()


def test_a_pause_of_two_channels_keeps_them_in_step(path):
    left, right = ScriptedSource(TALK[:800]), ScriptedSource(TALK[:800])
    recording = HandMadeRecording(path, left, right)
    recording.take.paused = True
    left.feed(SECRET)
    right.feed(SECRET[:640])
    recording.take.paused = False
    left.feed(TALK[800:1600])
    recording.advance()
    right.feed(SECRET[640:])
    right.feed(TALK[800:1600])
    recording.advance()
    assert np.array_equal(recording.file()[:, 0], TALK[:1600])
    assert np.array_equal(recording.file()[:, 1], TALK[:1600])
    recording.take.stop()
    recording.advance()
    recording.end()


def test_a_filled_pause_is_silence_of_its_length(path):
    source = ScriptedSource(TALK[:800])
    recording = HandMadeRecording(path, source)
    recording.take.fill_pauses(True)
    recording.take.paused = True
    source.feed(SECRET)
    recording.advance()
    recording.take.paused = False
    source.feed(TALK[800:1600])
    recording.take.stop()
    recording.advance()
    heard = recording.file()[:, 0]
    assert np.array_equal(heard, np.concatenate((TALK[:800], silence(0.1), TALK[800:1600])))
    recording.end()


def test_a_recording_that_is_turned_too_often_stays_paused(path):
    source = ScriptedSource(TALK[:800])
    recording = HandMadeRecording(path, source)
    for _ in range(100):
        recording.take.paused = True
        recording.take.paused = False
    assert recording.take.paused
    source.feed(SECRET)
    recording.advance()
    assert np.array_equal(recording.file()[:, 0], TALK[:800])
    recording.take.paused = False
    source.feed(TALK[800:1600])
    recording.take.stop()
    recording.advance()
    assert np.array_equal(recording.file()[:, 0], TALK[:1600])
    recording.end()


def test_what_is_to_be_known_of_a_recording_is_noted_before_there_is_a_file(path):
    there: list[bool] = []
    recording = HandMadeRecording(path, ScriptedSource(), on_begin=lambda: there.append(path.exists()))
    recording.advance()
    recording.advance()
    assert there == [False]
    recording.take.stop()
    recording.advance()
    assert recording.end().descriptor is not None


def test_a_recording_that_cannot_be_noted_fails_and_leaves_no_file(path):
    def full() -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    recording = HandMadeRecording(path, ScriptedSource(), on_begin=full)
    assert recording.end().ended_by is EndedBy.FAILED
    assert not path.exists()


def test_sound_goes_on_around_the_end_of_a_ring(path):
    source = ScriptedSource()
    recording = HandMadeRecording(path, source)
    sound = np.arange(80_000).astype(np.int16)
    for at in range(0, len(sound), 20_000):
        source.feed(sound[at : at + 20_000])
        recording.advance()
    recording.take.stop()
    recording.advance()
    assert np.array_equal(recording.file()[:, 0], sound)
    recording.end()


def test_the_rate_is_in_the_header(path):
    recording = HandMadeRecording(path, ScriptedSource(TALK), rate=16_000)
    recording.take.stop()
    recording.advance()
    assert recording.rate() == 16_000
    assert recording.end().samples == 8000
