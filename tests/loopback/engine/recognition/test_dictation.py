"""Recordings for recognisers behind a WebSocket: what arrives there, and every way to fail."""

from pathlib import Path

import numpy as np
import pytest

from engine.config.recognition import RecogniserEntry
from engine.recognition import dictation
from engine.recognition.dictation import transcribe
from media.errors import RecognitionError
from media.recording.wav import wav_header
from media.sound import Samples
from media.speech.recognised import Recognised


def recording(folder: Path, sound: Samples, *, channels: int = 1, rate: int = 8000) -> Path:
    file = folder / "recording.wav"
    file.write_bytes(wav_header(rate, channels, 2 * len(sound)) + sound.astype("<i2").tobytes())
    return file


def entry(url: str) -> RecogniserEntry:
    return RecogniserEntry(name="ear", url=url, timeout=0.3)


@pytest.mark.parametrize("behaviour", ["answers", "stays"])
async def test_the_whole_recording_arrives_and_its_words_come_back(server, dialer, tmp_path, behaviour):
    # Longer than what may wait for a recogniser.
    sound = (np.arange(300 * 8000) % 30_000).astype(np.int16)
    file = recording(tmp_path, sound)
    found = await transcribe(file, entry(server.url(behaviour)), dialer, "en-US")
    assert found == Recognised("a table for two", 0.87)
    (listening,) = server.connections
    assert np.array_equal(listening.heard, sound)
    assert (listening.start["language"], listening.start["interimResults"]) == ("en-US", False)


async def test_two_channels_are_heard_together(server, dialer, tmp_path):
    sound = np.tile(np.array([1000, 3000], np.int16), 800)
    await transcribe(recording(tmp_path, sound, channels=2), entry(server.url("answers")), dialer, "en-US")
    assert np.array_equal(server.connections[0].heard, np.full(800, 2000))


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("refuses", "503"),
        ("hangs", r"it took more than|it said nothing within"),
        ("breaks", "closed while the caller spoke: code 1011"),
        ("garbage", "no message: '<html>what"),
        ("error", "no credit left"),
    ],
)
async def test_a_recogniser_that_does_not_listen_is_a_failure(
    server, dialer, tmp_path, monkeypatch, behaviour, reason
):
    monkeypatch.setattr(dictation, "LEAST_WITHIN", 0.5)
    monkeypatch.setattr(dictation, "SLOWEST", 0.0)
    file = recording(tmp_path, np.zeros(20 * 8000, np.int16))
    with pytest.raises(RecognitionError, match=reason):
        await transcribe(file, entry(server.url(behaviour)), dialer, "en-US")


async def test_a_recording_that_is_gone_or_no_recording_is_a_failure(server, dialer, tmp_path):
    with pytest.raises(RecognitionError, match="cannot be read"):
        await transcribe(tmp_path / "none.wav", entry(server.url("answers")), dialer, "en-US")
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(RecognitionError, match="cannot be read"):
        await transcribe(tmp_path / "text.wav", entry(server.url("answers")), dialer, "en-US")
    wide = recording(tmp_path, np.zeros(160, np.int16), rate=16000)
    with pytest.raises(RecognitionError, match="16000 samples a second"):
        await transcribe(wide, entry(server.url("answers")), dialer, "en-US")
    assert server.connections == []
