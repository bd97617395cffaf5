"""Our messages through the serializer of an unmodified pipecat (PyPI `pipecat-ai`).

`make setup-dev` installs it beside the other packages, with only what the serializer needs.
"""

import importlib
import json
import sys
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.streams.core import Order, Send, StreamCore
from media.tone import tone
from rcml.streaming import StreamRequest

HERE = Path(sys.prefix) / "pipecat"
if not HERE.exists():
    pytest.skip("pipecat-ai is not installed", allow_module_level=True)
STREAM, CALL = "MZ" + "1" * 32, "CA" + "3" * 32
Pair = Callable[[], Awaitable[tuple[StreamCore, Any]]]


@pytest.fixture(scope="module")
def frames() -> Any:
    return imported("pipecat.frames.frames")


@pytest.fixture(scope="module")
def pair(frames: Any) -> Pair:
    """Return a maker of a stream of ours and the serializer that understands it."""
    twilio = imported("pipecat.serializers.twilio")

    async def make() -> tuple[StreamCore, Any]:
        core = StreamCore(
            StreamRequest(url="wss://app.test/", bidirectional=True),
            stream_sid=STREAM,
            account_sid="AC1",
            call_sid=CALL,
        )
        start = json.loads(texts(core.open())[1])
        serializer = twilio.TwilioFrameSerializer(
            stream_sid=start["streamSid"],
            call_sid=start["start"]["callSid"],
            params=twilio.TwilioFrameSerializer.InputParams(auto_hang_up=False, sample_rate=8000),
        )
        await serializer.setup(frames.StartFrame(audio_in_sample_rate=8000, audio_out_sample_rate=8000))
        return core, serializer

    return make


def imported(module: str) -> Any:
    """Return a module of pipecat; what is also among our packages is ours, for its folder comes last."""
    if str(HERE) not in sys.path:
        sys.path.append(str(HERE))
    with warnings.catch_warnings():
        # It imports audioop, of which Python 3.11 and 3.12 say that 3.13 has none.
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module(module)


def texts(effects: list[Any]) -> list[str]:
    return [str(effect.frame) for effect in effects if isinstance(effect, Send)]


async def test_pipecat_hears_what_the_caller_says(pair: Pair, frames: Any):
    core, serializer = await pair()
    sound = tone(450, 0.02)
    frame = await serializer.deserialize(texts(core.hear([sound]))[0])
    assert isinstance(frame, frames.InputAudioRawFrame)
    heard = np.frombuffer(frame.audio, np.int16).astype(int)
    assert (frame.sample_rate, len(heard)) == (8000, 160)
    assert np.abs(heard - sound).max() < 400


async def test_pipecat_understands_keys(pair: Pair, frames: Any):
    core, serializer = await pair()
    frame = await serializer.deserialize(texts(core.press("5"))[0])
    assert isinstance(frame, frames.InputDTMFFrame)
    assert frame.button.value == "5"


async def test_what_pipecat_says_is_played_and_its_interruption_clears_it(pair: Pair, frames: Any):
    core, serializer = await pair()
    sound = tone(600, 0.1)
    said = await serializer.serialize(frames.OutputAudioRawFrame(sound.tobytes(), 8000, 1))
    assert core.receive(said) == []
    assert len(core.next_sound(32768)) == len(sound)
    assert core.receive(await serializer.serialize(frames.InterruptionFrame())) == [Order.FORGET]
