"""Recognisers behind a WebSocket: what is sent, what comes back, and every way to fail."""

import asyncio

import numpy as np
import pytest

from engine.config.recognition import RecogniserEntry
from engine.recognition.recogniser import Told
from engine.recognition.remote import MOST_WAITING, RemoteRecognition
from engine.streams.dialing import StreamDialer
from media.errors import RecognitionError
from media.speech.recognised import Recognised
from tests.testkit.waiting import eventually

FRAME = np.arange(160, dtype=np.int16)


class Heard:
    """Remembers what was told."""

    def __init__(self) -> None:
        self.partials: list[str] = []
        self.phrases = 0
        self.told = Told(partial=self.partials.append, phrase_ended=self._ended, problem=lambda problem: None)

    def _ended(self) -> None:
        self.phrases += 1


def begin(dialer: StreamDialer, url: str, heard: Heard, timeout: float = 1.0) -> RemoteRecognition:
    entry = RecogniserEntry(name="ear", url=url, token="s3cret", timeout=timeout)
    return RemoteRecognition(entry, dialer, language="en-GB", hints=("table",), told=heard.told)


@pytest.mark.parametrize("behaviour", ["answers", "stays"])
async def test_sound_goes_there_and_words_come_back(server, dialer, behaviour):
    heard = Heard()
    recognition = begin(dialer, server.url(behaviour), heard)
    # Said before the connection stands.
    for _ in range(5):
        recognition.hear(FRAME)
    recognition.pause()
    assert await recognition.result() == Recognised("a table for two", 0.87)
    assert heard.partials == ["a", "a table for two"]
    assert heard.phrases == 1
    connection = server.connections[0]
    assert np.array_equal(connection.heard, np.tile(FRAME, 5))
    assert connection.headers["Authorization"] == "Bearer s3cret"
    assert "X-Twilio-Signature" not in connection.headers
    await recognition.close()


async def test_nothing_understood_is_no_failure(server, dialer):
    recognition = begin(dialer, server.url("nothing"), Heard())
    recognition.hear(FRAME)
    assert not await recognition.result()
    await recognition.close()


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("refuses", "503"),
        ("hangs", r"said nothing within 0\.3 s"),
        ("breaks", "closed while the caller spoke: code 1011 out of memory"),
        ("garbage", "no message: '<html>what"),
        ("error", "no credit left"),
    ],
)
async def test_a_recogniser_that_does_not_listen_is_a_failure(server, dialer, behaviour, reason):
    recognition = begin(dialer, server.url(behaviour), Heard(), timeout=0.3)
    for _ in range(3):
        recognition.hear(FRAME)
        await asyncio.sleep(0.01)
    with pytest.raises(RecognitionError, match=reason):
        await recognition.result()
    await recognition.close()


async def test_nobody_there_is_a_failure(dialer):
    recognition = begin(dialer, "ws://127.0.0.1:1/", Heard())
    with pytest.raises(RecognitionError, match="no connection"):
        await recognition.result()
    await recognition.close()


async def test_a_recogniser_that_takes_too_little_costs_no_memory(server, dialer):
    recognition = begin(dialer, server.url("answers"), Heard())
    for _ in range(MOST_WAITING + 50):
        recognition.hear(FRAME)
    assert recognition._waiting.qsize() == MOST_WAITING
    with pytest.raises(RecognitionError, match="more slowly"):
        await recognition.result()
    await recognition.close()


async def test_an_utterance_nobody_waits_for_closes_its_connection(server, dialer):
    recognition = begin(dialer, server.url("answers"), Heard())
    recognition.hear(FRAME)
    await eventually(lambda: bool(server.connections), 2.0, "it connects")
    await recognition.close()
    assert not server.connections[0].stopped
