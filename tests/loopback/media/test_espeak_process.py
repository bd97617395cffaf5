"""The speech process, for real: it speaks, is cancelled, hangs, is killed, and comes back."""

import asyncio
import os
import signal
import sys
import textwrap
import time
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

import media
from media.errors import SpeechError
from media.sound import Samples
from media.speech.espeak import EspeakEngine
from media.speech.languages import RCML_LANGUAGES
from media.speech.loudness import speech_level_dbfs
from media.speech.tts import SpeechSynthesizer
from media.speech.wording import Wording
from tests.testkit.waiting import eventually

ROOT = Path(media.__file__).resolve().parent.parent

LONG = "One, two, three, four, five, six, seven, eight, nine, ten. " * 40


@pytest.fixture
async def engine():
    engine = EspeakEngine()
    yield engine
    await engine.close()


@pytest.fixture
async def speech():
    speech = SpeechSynthesizer(EspeakEngine())
    yield speech
    await speech.close()


async def spoken(engine: EspeakEngine, text: str, voice: str = "man", language: str = "en") -> Samples:
    async with aclosing(engine.speak(Wording(text=text, voice=voice, language=language))) as sound:
        return np.concatenate([samples async for samples in sound])


async def test_who_hears_wideband_hears_hisses_above_4_khz(speech):
    prompt = await speech.synthesize(Wording(text="Six sisters sing.", wide=True))
    narrow = await speech.synthesize(Wording(text="Six sisters sing."))
    assert prompt.bands is not None
    hisses = speech_level_dbfs(prompt.bands[1])
    assert hisses is not None
    assert hisses > -45
    assert speech_level_dbfs(prompt.samples) == pytest.approx(speech_level_dbfs(narrow.samples), abs=3)
    assert prompt.duration == pytest.approx(narrow.duration, abs=0.05)


def alike(one: Samples, other: Samples) -> bool:
    """Tell whether two sounds are the same, but for the sample or so by which espeak-ng wavers."""
    frames = min(len(one), len(other)) // 160
    levels = [
        np.sqrt(np.square(sound[: frames * 160].reshape(frames, 160).astype(float)).mean(axis=1))
        for sound in (one, other)
    ]
    return abs(len(one) - len(other)) < 10 and bool(np.corrcoef(*levels)[0, 1] > 0.99)


def process_of(engine: EspeakEngine) -> asyncio.subprocess.Process:
    (place,) = engine._places
    assert place.worker is not None
    return place.worker._process


@pytest.mark.parametrize("language", RCML_LANGUAGES)
@pytest.mark.parametrize("voice", ["man", "woman"])
async def test_every_language_speaks_at_one_loudness_without_clipping(speech, voice, language):
    prompt = await speech.synthesize(Wording(text="Welcome 1 2 3 4 5", voice=voice, language=language))
    level = speech_level_dbfs(prompt.samples)
    assert level == pytest.approx(-18.0, abs=2.0)
    assert np.abs(prompt.samples.astype(int)).max() < 32767
    assert 0.5 < prompt.duration < 10


async def test_man_and_woman_and_languages_differ(engine):
    sounds = [
        await spoken(engine, "Hello 12", *who) for who in (("man", "en"), ("woman", "en"), ("man", "de"))
    ]
    assert len({sound.tobytes() for sound in sounds}) == 3


async def test_the_first_sound_comes_long_before_the_last(engine):
    await spoken(engine, "warm up")
    started = time.monotonic()
    async with aclosing(engine.speak(Wording(text=LONG))) as sound:
        await anext(sound)
        first = time.monotonic() - started
        async for _ in sound:
            continue
    assert first < (time.monotonic() - started) / 4


async def test_texts_that_come_together_are_all_spoken(engine):
    texts = [f"Number {number}" for number in range(20)]
    together = await asyncio.gather(*(spoken(engine, text) for text in texts))
    assert all(len(sound) > 2000 for sound in together)
    assert engine.starts == 1
    assert alike(together[7], await spoken(engine, texts[7]))
    assert not alike(together[7], together[6])


async def test_a_long_text_does_not_hold_up_a_short_one(engine):
    await engine.warm_up()
    ended: list[str] = []

    async def say(text: str, name: str) -> None:
        await spoken(engine, text)
        ended.append(name)

    long = asyncio.create_task(say(LONG, "long"))
    await asyncio.sleep(0)
    await asyncio.gather(say("Hello", "short"), long)
    assert ended == ["short", "long"]


async def test_each_place_of_the_pool_has_a_process():
    engine = EspeakEngine(2)
    await engine.warm_up()
    await asyncio.gather(*(spoken(engine, f"Number {number}") for number in range(6)))
    assert engine.starts == 2
    await engine.close()


async def test_markup_is_followed(engine):
    plain, slow, pause = [
        len(np.concatenate([samples async for samples in engine.speak(Wording(text="Hello you", ssml=ssml))]))
        for ssml in ("", '<prosody rate="50%">Hello you</prosody>', 'Hello <break time="2s"/> you')
    ]
    assert slow > 1.4 * plain
    assert 1.5 * 8000 < pause - plain < 2.5 * 8000


async def test_a_killed_process_is_started_again_and_the_text_goes_on_where_it_was(engine):
    whole = await spoken(engine, LONG)
    async with aclosing(engine.speak(Wording(text=LONG))) as sound:
        parts = [await anext(sound)]
        os.kill(process_of(engine).pid, signal.SIGKILL)
        parts += [samples async for samples in sound]
    assert len(np.concatenate(parts)) == pytest.approx(len(whole), abs=80)
    assert alike(np.concatenate(parts)[-80000:], whole[-80000:])
    assert engine.starts == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_and_the_end_of_a_service_leave_the_voice_to_the_calls_that_are_up(engine, number):
    whole = await spoken(engine, LONG)
    async with aclosing(engine.speak(Wording(text=LONG))) as sound:
        parts = [await anext(sound)]
        os.kill(process_of(engine).pid, number)
        parts += [samples async for samples in sound]
    assert len(np.concatenate(parts)) == pytest.approx(len(whole), abs=80)
    assert engine.starts == 1


async def test_a_cancelled_text_frees_the_process_for_the_next(engine):
    await spoken(engine, "warm up")
    async with aclosing(engine.speak(Wording(text=LONG))) as sound:
        await anext(sound)
    assert len(await spoken(engine, "next")) > 1000
    assert engine.starts == 1


async def test_markup_and_control_characters_are_only_text(engine):
    assert (
        len(await spoken(engine, "<break time='60s'/> & \0 [[wr0ng]] \x07 é \U0001f600 \ud800")) < 12 * 8000
    )


async def test_a_process_ends_when_the_engine_is_closed():
    engine = EspeakEngine()
    await spoken(engine, "Hello")
    process = process_of(engine)
    await engine.close()
    assert process.returncode is not None
    with pytest.raises(SpeechError, match="closed"):
        await spoken(engine, "Hello")


@pytest.fixture
def worker_module(tmp_path, monkeypatch):
    """Return a maker of modules that stand in for the worker."""

    def make(source: str) -> str:
        (tmp_path / "strange_worker.py").write_text(textwrap.dedent(source))
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        return "strange_worker"

    return make


async def test_a_process_that_dies_at_once_is_an_error_after_two_attempts(worker_module):
    engine = EspeakEngine(worker_module=worker_module("raise SystemExit(3)"))
    with pytest.raises(SpeechError, match="failed 2 times: the process ended"):
        await spoken(engine, "Hello")
    assert engine.starts == 2
    await engine.close()


async def test_a_process_that_says_nothing_is_given_up(worker_module):
    source = """
    import sys
    sys.stdin.read()
    """
    engine = EspeakEngine(ready_within=0.3, worker_module=worker_module(source))
    with pytest.raises(SpeechError, match=r"not ready within 0\.3 seconds"):
        await spoken(engine, "Hello")
    await engine.close()


async def test_a_process_that_hangs_in_a_text_is_given_up(worker_module):
    source = """
    import sys
    from media.speech import espeak_worker as wire
    wire._write(1, wire.READY, 0, wire.RATE.pack(22050))
    sys.stdin.read()
    """
    engine = EspeakEngine(within=0.3, worker_module=worker_module(source))
    with pytest.raises(SpeechError, match=r"no sound came within 0\.3 seconds"):
        await spoken(engine, "Hello")
    await engine.close()


@pytest.mark.parametrize(
    "rubbish", ["b'HTTP/1.1 200 OK'", "b'\\\\xff' * 100", "b'\\\\0\\\\0\\\\0\\\\x05E\\\\0\\\\0\\\\0\\\\0'"]
)
async def test_a_process_that_talks_rubbish_is_given_up(worker_module, rubbish):
    engine = EspeakEngine(within=5.0, worker_module=worker_module(f"import os; os.write(1, {rubbish})"))
    with pytest.raises(SpeechError, match="failed 2 times"):
        await spoken(engine, "Hello")
    await engine.close()


async def test_the_process_ends_when_its_input_does():
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "media.speech.espeak_worker",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.close()
    await eventually(lambda: process.returncode is not None, within=10, what="the worker ended")
    assert process.returncode == 0
