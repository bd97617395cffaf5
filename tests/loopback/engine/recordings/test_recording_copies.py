"""MP3 copies of recordings, as the process that makes them leaves them on the disk."""

from __future__ import annotations

import asyncio
import io
import os
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from engine.recordings import recording_copies
from engine.recordings.recording_copies import CopyFailed, NoSoundYet, RecordingCopies
from engine.store import RecordingFolder
from tests.testkit.outside_sound import seconds_of_tone, tone

SID, OTHER = "RE" + "1" * 32, "RE" + "2" * 32


@pytest.fixture
def folder(tmp_path: Path) -> RecordingFolder:
    made = RecordingFolder(tmp_path / "recordings")
    made.prepare()
    return made


def record(folder: RecordingFolder, sid: str, *channels: np.ndarray) -> None:
    with wave.open(str(folder.file(sid)), "wb") as sound:
        sound.setparams((len(channels), 2, 8000, 0, "NONE", ""))
        sound.writeframes(np.stack(channels, axis=1).astype("<i2").tobytes())


def heard(content: bytes, channel: int) -> np.ndarray:
    with av.open(io.BytesIO(content), "r") as sound:
        assert sound.format.name == "mp3"
        frames = [frame.to_ndarray() for frame in sound.decode(audio=0)]
    return np.asarray(np.concatenate(frames, axis=1)[channel] * 32767, np.int16)


async def test_each_channel_is_in_the_copy(folder: RecordingFolder):
    record(folder, SID, tone(700, 2), tone(1500, 2))
    path = await RecordingCopies().of(folder, SID)
    assert path is not None
    content = await asyncio.to_thread(path.read_bytes)
    assert seconds_of_tone(heard(content, 0), 700) == pytest.approx(2, abs=0.2)
    assert seconds_of_tone(heard(content, 1), 1500) == pytest.approx(2, abs=0.2)
    assert seconds_of_tone(heard(content, 1), 700) < 0.1
    assert len(content) < folder.file(SID).stat().st_size / 3


async def test_it_is_made_once_for_all_who_ask_and_again_when_more_was_recorded(folder: RecordingFolder):
    record(folder, SID, tone(700, 1))
    copies = RecordingCopies()
    first, second = await asyncio.gather(copies.of(folder, SID), copies.of(folder, SID))
    assert first == second
    inode = folder.copy(SID).stat().st_ino
    await copies.of(folder, SID)
    assert folder.copy(SID).stat().st_ino == inode
    record(folder, SID, tone(700, 3))
    await copies.of(folder, SID)
    assert seconds_of_tone(heard(folder.copy(SID).read_bytes(), 0), 700) == pytest.approx(3, abs=0.2)
    folder.remove(SID)
    assert not folder.copy(SID).exists()
    assert await copies.of(folder, SID) is None


async def test_the_copy_that_nobody_asked_for_longest_makes_room(folder: RecordingFolder):
    for sid in (SID, OTHER):
        record(folder, sid, tone(700, 1))
    copies = RecordingCopies(most_octets=6000)
    await copies.of(folder, SID)
    os.utime(folder.copy(SID), ns=(1, folder.copy(SID).stat().st_mtime_ns))
    half = folder.copy(SID).with_name("RE.mp3.77")
    half.write_bytes(b"what a kill left")
    os.utime(half, (1, 1))
    await copies.of(folder, OTHER)
    assert [path.stem for path in folder.copy(SID).parent.iterdir()] == [OTHER]


async def test_a_file_that_is_no_sound_is_refused_and_leaves_nothing(folder: RecordingFolder):
    folder.file(SID).write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(CopyFailed, match="cannot be encoded"):
        await RecordingCopies().of(folder, SID)
    assert list(folder.copy(SID).parent.iterdir()) == []


async def test_one_without_sound_yet_is_not_tried_and_made_once_there_is_some(folder: RecordingFolder):
    record(folder, SID, np.zeros(0))
    copies = RecordingCopies()
    with pytest.raises(NoSoundYet, match="nothing has been recorded in it yet"):
        await copies.of(folder, SID)
    record(folder, SID, tone(700, 1))
    assert await copies.of(folder, SID) == folder.copy(SID)


async def test_one_that_takes_too_long_is_given_up(folder: RecordingFolder, monkeypatch):
    monkeypatch.setattr(recording_copies, "WITHIN", 0.01)
    record(folder, SID, tone(700, 1))
    with pytest.raises(CopyFailed, match="longer than"):
        await RecordingCopies().of(folder, SID)
