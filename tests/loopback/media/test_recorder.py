"""Recorders with their thread and real files, and a process that is killed while it records."""

import asyncio
import gc
import os
import signal
import sys
import textwrap
import threading
import weakref

import numpy as np
import pytest

from media.errors import MediaMisuse
from media.recording import recorder as recorder_module
from media.recording.recorder import Recorder
from media.recording.take import EndedBy, RecordingLimits
from media.recording.writer import RecordingThread
from media.tone import silence
from tests.testkit.scripted_source import ScriptedSource
from tests.testkit.sound import read_wav, speakers_heard, voice_of
from tests.testkit.waiting import eventually

TALK = voice_of(5)


@pytest.fixture
def thread():
    thread = RecordingThread(round_seconds=0.01)
    yield thread
    thread.close()


async def test_a_recording_is_stopped_and_summed_up(thread, tmp_path):
    source = ScriptedSource(np.concatenate((silence(0.5), TALK)))
    recorder = Recorder(source, tmp_path / "a.wav", thread=thread)
    await eventually(lambda: recorder.duration == 1.5, within=5, what="the sound was written")
    summary = await recorder.stop()
    assert (summary.path, summary.duration, summary.ended_by) == (
        str(tmp_path / "a.wav"),
        1.5,
        EndedBy.STOPPED,
    )
    assert (summary.is_silent, summary.error) == (False, None)
    assert summary.leading_silence == pytest.approx(0.5, abs=0.05)
    assert summary.peak == pytest.approx(3277, abs=2)
    rate, frames = read_wav(summary.path)
    assert rate == 8000
    assert speakers_heard(frames[:, 0]) == {5}


async def test_a_recorder_that_is_done_is_gone_without_a_search_for_garbage(thread, tmp_path):
    gc.collect()
    gc.disable()
    try:
        recorder = Recorder(ScriptedSource(TALK), tmp_path / "a.wav", thread=thread)
        gone = weakref.ref(recorder)
        await recorder.stop()
        del recorder
        await eventually(lambda: gone() is None, within=5, what="nobody has the recorder")
    finally:
        gc.enable()


async def test_silence_ends_a_recording_by_itself(thread, tmp_path):
    source = ScriptedSource(np.concatenate((TALK, silence(3.0))))
    recorder = Recorder(
        source, tmp_path / "a.wav", thread=thread, limits=RecordingLimits(silence=2.0, trim=True)
    )
    async with asyncio.timeout(5):
        summary = await recorder.wait_ended()
    assert summary.ended_by is EndedBy.SILENCE
    assert summary.duration == pytest.approx(1.3, abs=0.1)
    assert await recorder.stop() == summary


async def test_nothing_but_silence_is_a_silent_recording(thread, tmp_path):
    limits = RecordingLimits(initial_silence=1.0)
    recorder = Recorder(ScriptedSource(silence(2.0)), tmp_path / "a.wav", thread=thread, limits=limits)
    async with asyncio.timeout(5):
        summary = await recorder.wait_ended()
    assert (summary.ended_by, summary.is_silent, summary.peak) == (EndedBy.SILENCE, True, 0)


async def test_a_caller_who_hangs_up_ends_it_with_the_last_word(thread, tmp_path):
    source = ScriptedSource(TALK)
    recorder = Recorder(source, tmp_path / "a.wav", thread=thread)
    source.close()
    async with asyncio.timeout(5):
        summary = await recorder.wait_ended()
    assert (summary.ended_by, summary.duration) == (EndedBy.HANG_UP, 1.0)


async def test_cancelling_the_wait_leaves_it_running(thread, tmp_path):
    source = ScriptedSource(TALK)
    recorder = Recorder(source, tmp_path / "a.wav", thread=thread)
    waiting = asyncio.create_task(recorder.wait_ended())
    await eventually(lambda: recorder.duration == 1.0, within=5, what="the sound was written")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    source.feed(TALK)
    await eventually(lambda: recorder.duration == 2.0, within=5, what="more was written")
    assert (await recorder.stop()).duration == 2.0


async def test_pausing_leaves_out_what_is_said(thread, tmp_path):
    source = ScriptedSource(TALK)
    recorder = Recorder(source, tmp_path / "a.wav", thread=thread)
    await eventually(lambda: recorder.duration == 1.0, within=5, what="the sound was written")
    recorder.pause()
    source.feed(TALK)
    await eventually(lambda: source.waiting == 0, within=5, what="the sound was left out")
    recorder.resume()
    source.feed(TALK)
    assert (await recorder.stop()).duration == 2.0


async def test_one_thread_writes_all_recordings(thread, tmp_path):
    before = threading.active_count()
    sources = [ScriptedSource(voice_of(speaker)) for speaker in range(40)]
    recorders = [
        Recorder(source, tmp_path / f"{index}.wav", thread=thread) for index, source in enumerate(sources)
    ]
    await eventually(
        lambda: all(each.duration == 1.0 for each in recorders), within=10, what="all are written"
    )
    assert threading.active_count() == before + 1
    assert thread.recordings == 40
    summaries = await asyncio.gather(*(each.stop() for each in recorders))
    heard = [speakers_heard(read_wav(summary.path)[1][:, 0]) for summary in summaries]
    assert heard == [{speaker} for speaker in range(40)]
    assert thread.recordings == 0


async def test_a_file_that_cannot_be_made_is_a_failed_recording_and_no_exception(thread, tmp_path):
    summary = await Recorder(ScriptedSource(TALK), tmp_path / "no" / "a.wav", thread=thread).wait_ended()
    assert (summary.ended_by, summary.duration) == (EndedBy.FAILED, 0.0)
    assert "No such file" in (summary.error or "")


async def test_a_disk_that_fails_at_the_end_is_a_failed_recording(thread, tmp_path, monkeypatch):
    def broken(descriptor: int) -> None:
        os.close(descriptor)
        raise OSError("Input/output error")

    monkeypatch.setattr(recorder_module, "sync_and_close", broken)
    summary = await Recorder(ScriptedSource(TALK), tmp_path / "a.wav", thread=thread).stop()
    assert (summary.ended_by, summary.error) == (EndedBy.FAILED, "Input/output error")


async def test_closing_the_thread_ends_its_recordings_whole(tmp_path):
    thread = RecordingThread()
    recorder = Recorder(ScriptedSource(TALK), tmp_path / "a.wav", thread=thread)
    await asyncio.to_thread(thread.close)
    summary = await recorder.wait_ended()
    assert (summary.ended_by, summary.duration) == (EndedBy.STOPPED, 1.0)
    with pytest.raises(MediaMisuse, match="closed"):
        Recorder(ScriptedSource(TALK), tmp_path / "b.wav", thread=thread)


async def test_three_channels_are_refused(thread, tmp_path):
    with pytest.raises(MediaMisuse, match="not 3"):
        Recorder([ScriptedSource()] * 3, tmp_path / "a.wav", thread=thread)


async def test_at_most_200_ms_are_lost_when_the_process_is_killed(tmp_path):
    path = tmp_path / "killed.wav"
    program = """
    import asyncio, sys
    import numpy as np
    from media.plane.sound_ring import SoundReader, SoundRing
    from media.recording.recorder import Recorder
    from media.recording.writer import RecordingThread

    async def main():
        ring, thread = SoundRing(), RecordingThread()
        recorder = Recorder(SoundReader(ring, lambda: None), sys.argv[1], thread=thread)
        loop = asyncio.get_running_loop()
        began, given = loop.time(), 0
        while True:
            await asyncio.sleep(0.02)
            due = int((loop.time() - began) * 8000)
            given += ring.write(np.arange(given, due).astype(np.int16))
            print(given, flush=True)

    asyncio.run(main())
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(program), str(path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    spoken = 0
    async with asyncio.timeout(60):
        while spoken < 8000:
            spoken = int(await process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    spoken = max([spoken, *map(int, (await process.stdout.read()).split())])
    await process.wait()
    samples = read_wav(path)[1][:, 0]
    assert np.array_equal(samples, np.arange(len(samples)).astype(np.int16))
    assert len(samples) >= spoken - 1600
