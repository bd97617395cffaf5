import errno
import os

import numpy as np
import pytest

from media.errors import MediaMisuse
from media.recording.take import EndedBy, RecordingLimits, Take
from media.recording.writer import Outcome, Track, sync_and_close
from media.tone import silence, tone
from tests.testkit.sound import ScriptedSource, read_wav, voice_of

TALK = voice_of(3)


class Recording:
    """A track that the test advances itself, as the recording thread would."""

    def __init__(self, path, *sources: ScriptedSource, limits: RecordingLimits | None = None) -> None:
        self.path = path
        self.outcomes: list[Outcome] = []
        self.take = Take(8000, len(sources), limits or RecordingLimits())
        self.track = Track(sources, str(path), self.take, self.outcomes.append)

    def file(self) -> np.ndarray:
        return read_wav(self.path)[1]

    def end(self) -> Outcome:
        (outcome,) = self.outcomes
        if outcome.descriptor is not None:
            sync_and_close(outcome.descriptor)
        return outcome


@pytest.fixture
def path(tmp_path):
    return tmp_path / "RE1.wav"


def test_the_file_is_playable_after_every_round(path):
    source = ScriptedSource()
    recording = Recording(path, source)
    for rounds in range(1, 6):
        source.feed(TALK[:800])
        assert recording.track.advance()
        assert len(recording.file()) == 800 * rounds
    recording.track.stop_requested = True
    assert not recording.track.advance()
    assert recording.end() == Outcome(EndedBy.STOPPED, 4000, recording.outcomes[0].descriptor)


def test_a_file_exists_before_the_first_sound(path):
    recording = Recording(path, ScriptedSource())
    assert recording.track.advance()
    assert len(recording.file()) == 0
    recording.track.stop_requested = True
    recording.track.advance()
    assert recording.end().samples == 0


def test_what_came_before_the_stop_is_kept(path):
    recording = Recording(path, ScriptedSource(TALK))
    recording.track.stop_requested = True
    assert not recording.track.advance()
    assert np.array_equal(recording.file()[:, 0], TALK)
    assert recording.end().ended_by is EndedBy.STOPPED


def test_a_leg_that_is_gone_ends_it_with_everything_that_was_heard(path):
    source = ScriptedSource(TALK)
    source.closed = True
    recording = Recording(path, source)
    assert not recording.track.advance()
    assert np.array_equal(recording.file()[:, 0], TALK)
    assert recording.end().ended_by is EndedBy.HANG_UP


def test_a_limit_ends_it(path):
    recording = Recording(path, ScriptedSource(TALK), limits=RecordingLimits(max_length=0.5))
    assert not recording.track.advance()
    assert recording.end().ended_by is EndedBy.MAX_LENGTH
    assert len(recording.file()) == 4000


def test_trimming_shortens_the_file(path):
    sound = np.concatenate((TALK, silence(2.0)))
    recording = Recording(path, ScriptedSource(sound), limits=RecordingLimits(trim=True))
    recording.track.stop_requested = True
    recording.track.advance()
    outcome = recording.end()
    assert 8000 < outcome.samples < 12000
    assert len(recording.file()) == outcome.samples
    assert os.path.getsize(path) == 44 + 2 * outcome.samples


def test_two_sources_become_two_channels_in_step(path):
    left, right = ScriptedSource(TALK[:1000]), ScriptedSource(TALK[:300])
    recording = Recording(path, left, right)
    recording.track.advance()
    assert recording.file().shape == (300, 2)
    right.feed(TALK[300:900])
    recording.track.advance()
    assert recording.file().shape == (900, 2)
    recording.track.stop_requested = True
    recording.track.advance()
    frames = recording.file()
    assert np.array_equal(frames[:, 0], TALK[:1000])
    assert np.array_equal(frames[:900, 1], TALK[:900])
    assert not frames[900:, 1].any()
    assert recording.end().samples == 1000


def test_a_full_disk_ends_it_and_leaves_what_was_written(path, monkeypatch):
    source = ScriptedSource(TALK[:800])
    recording = Recording(path, source)
    recording.track.advance()

    def full(descriptor, octets, offset):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    source.feed(TALK[:800])
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        assert not recording.track.advance()
    outcome = recording.end()
    assert outcome.ended_by is EndedBy.FAILED
    assert "No space left" in (outcome.error or "")
    assert np.array_equal(recording.file()[:, 0], TALK[:800])


def test_a_disk_that_takes_little_at_a_time_gets_everything(path, monkeypatch):
    pwrite = os.pwrite
    monkeypatch.setattr(
        os, "pwrite", lambda descriptor, octets, offset: pwrite(descriptor, octets[:7], offset)
    )
    recording = Recording(path, ScriptedSource(TALK[:500]))
    recording.track.stop_requested = True
    recording.track.advance()
    recording.end()
    assert np.array_equal(recording.file()[:, 0], TALK[:500])


def test_a_file_that_exists_is_not_overwritten(path):
    path.write_bytes(b"precious")
    recording = Recording(path, ScriptedSource(TALK))
    assert not recording.track.advance()
    outcome = recording.end()
    assert (outcome.ended_by, outcome.descriptor) == (EndedBy.FAILED, None)
    assert path.read_bytes() == b"precious"


def test_a_source_that_breaks_fails_its_own_recording_only(path):
    class Broken(ScriptedSource):
        def read(self, max_samples: int = 1 << 30, /):
            raise RuntimeError("ring lost")

    recording = Recording(path, Broken())
    assert not recording.track.advance()
    assert (recording.outcomes[0].ended_by, recording.outcomes[0].error) == (EndedBy.FAILED, "ring lost")
    recording.end()


def test_sources_and_channels_must_agree(path):
    with pytest.raises(MediaMisuse, match="2 sources do not make 1 channels"):
        Track([ScriptedSource(), ScriptedSource()], str(path), Take(8000, 1, RecordingLimits()), print)


def test_a_paused_recording_leaves_out_what_is_said(path):
    source = ScriptedSource(TALK[:800])
    recording = Recording(path, source)
    recording.track.advance()
    recording.take.paused = True
    source.feed(tone(3000, 0.5))
    recording.track.advance()
    recording.take.paused = False
    source.feed(TALK[800:1600])
    recording.track.stop_requested = True
    recording.track.advance()
    assert np.array_equal(recording.file()[:, 0], TALK[:1600])
    recording.end()


def test_what_is_to_be_known_of_a_recording_is_noted_before_there_is_a_file(path):
    there: list[bool] = []
    outcomes: list[Outcome] = []
    take = Take(8000, 1, RecordingLimits())
    track = Track(
        [ScriptedSource()], str(path), take, outcomes.append, on_begin=lambda: there.append(path.exists())
    )
    track.advance()
    track.advance()
    assert there == [False]
    track.stop_requested = True
    track.advance()
    assert outcomes[0].descriptor is not None
    sync_and_close(outcomes[0].descriptor)


def test_a_recording_that_cannot_be_noted_fails_and_leaves_no_file(path):
    def full() -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    outcomes: list[Outcome] = []
    track = Track(
        [ScriptedSource()], str(path), Take(8000, 1, RecordingLimits()), outcomes.append, on_begin=full
    )
    assert not track.advance()
    assert outcomes[0].ended_by is EndedBy.FAILED
    assert not path.exists()
