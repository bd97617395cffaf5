import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import numpy as np
import pytest

from media.errors import MediaMisuse, SpeechError
from media.sound import Samples
from media.speech.tts import SpeechSynthesizer
from media.speech.wording import Wording
from tests.testkit.sound import babble

SOUND = babble(4.0)


class ScriptedEngine:
    """Speaks the same sound for every text, in pieces, and remembers what it was asked."""

    identity = "scripted"

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.left_early = 0
        self.closed = False
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def speak(self, wording: Wording) -> AsyncGenerator[Samples, None]:
        self.asked.append((wording.text, wording.voice, wording.language))
        self.began.set()
        if wording.text == "fail":
            raise SpeechError("out of breath")
        ended = False
        try:
            for at in range(0, len(SOUND), 4000):
                await self.go_on.wait()
                yield SOUND[at : at + 4000]
            ended = True
        finally:
            self.left_early += not ended

    async def close(self) -> None:
        self.closed = True


def words(text: str, voice: str = "man", language: str = "en") -> Wording:
    return Wording(text=text, voice=voice, language=language)


@pytest.fixture
async def engine():
    return ScriptedEngine()


@pytest.fixture
async def speech(engine):
    return SpeechSynthesizer(engine, max_characters=100)


async def test_a_text_becomes_a_prompt(speech, engine):
    prompt = await speech.synthesize(words("Hello", "woman", "en-gb"))
    assert (prompt.rate, prompt.duration, prompt.name) == (8000, 4.0, "speech: Hello")
    assert engine.asked == [("Hello", "woman", "en-gb")]


async def test_the_same_words_are_spoken_once(speech, engine):
    first = await speech.synthesize(words("Hello", "man", "EN"))
    assert await speech.synthesize(words("Hello", "man", "en")) is first
    assert len(engine.asked) == 1


@pytest.mark.parametrize("other", [("Hallo", "man", "en"), ("Hello", "woman", "en"), ("Hello", "man", "de")])
async def test_another_voice_language_or_text_is_spoken_anew(speech, engine, other):
    first = await speech.synthesize(words("Hello", "man", "en"))
    assert (await speech.synthesize(words(*other))).digest != first.digest
    assert len(engine.asked) == 2


async def test_callers_who_ask_at_once_share_the_work(speech, engine):
    prompts = await asyncio.gather(*(speech.synthesize(words("Hello")) for _ in range(5)))
    assert len(set(map(id, prompts))) == 1
    assert len(engine.asked) == 1


async def test_one_caller_who_leaves_does_not_take_the_sound_from_the_others(speech, engine):
    engine.go_on.clear()
    leaving = asyncio.create_task(speech.synthesize(words("Hello")))
    staying = asyncio.create_task(speech.synthesize(words("Hello")))
    await engine.began.wait()
    leaving.cancel()
    await asyncio.wait((leaving,))
    engine.go_on.set()
    assert (await staying).duration == 4.0
    assert leaving.cancelled()
    assert len(engine.asked) == 1


async def test_who_comes_later_hears_a_text_from_its_beginning(speech, engine):
    async with aclosing(speech.stream(words("Hello"))) as first:
        begun = await anext(first)
        later = [part async for part in speech.stream(words("Hello"))]
        rest = [part async for part in first]
    assert np.array_equal(np.concatenate(later), np.concatenate([begun, *rest]))
    assert len(engine.asked) == 1


async def test_the_work_ends_when_the_last_listener_leaves(speech, engine):
    engine.go_on.clear()
    listeners = [asyncio.create_task(speech.synthesize(words("Hello"))) for _ in range(3)]
    await engine.began.wait()
    for listener in listeners:
        listener.cancel()
    await asyncio.wait(listeners)
    assert engine.left_early == 1
    assert speech.find(words("Hello")) is None


async def test_a_failure_is_told_and_not_remembered(speech, engine):
    for _ in range(2):
        with pytest.raises(SpeechError, match="out of breath"):
            await speech.synthesize(words("fail"))
    assert len(engine.asked) == 2


async def test_a_stream_gives_sound_before_the_text_is_over_and_then_remembers_it(speech, engine):
    parts = [part async for part in speech.stream(words("Hello"))]
    assert len(parts) > 1
    prompt = await speech.synthesize(words("Hello"))
    assert np.array_equal(np.concatenate(parts), prompt.samples)
    assert len(engine.asked) == 1
    assert [len(part) async for part in speech.stream(words("Hello"))] == [32000]


async def test_a_stream_that_is_left_ends_the_work_and_is_not_remembered(speech, engine):
    async with aclosing(speech.stream(words("Hello"))) as stream:
        await anext(stream)
    assert engine.left_early == 1
    await speech.synthesize(words("Hello"))
    assert len(engine.asked) == 2


@pytest.mark.parametrize("text", ["", "  \n"])
async def test_a_text_without_words_is_a_frame_of_silence(speech, engine, text):
    prompt = await speech.synthesize(words(text))
    assert (len(prompt.samples), prompt.samples.any(), engine.asked) == (160, False, [])


async def test_a_text_that_is_too_long_is_refused(speech):
    with pytest.raises(SpeechError, match="101 characters is longer than 100"):
        await speech.synthesize(words("x" * 101))


async def test_a_voice_that_does_not_exist_is_named(speech):
    with pytest.raises(MediaMisuse, match=r"'robot'.*man, woman"):
        await speech.synthesize(words("Hello", "robot"))


async def test_closing_ends_the_engine_and_what_it_speaks(speech, engine):
    engine.go_on.clear()
    waiting = asyncio.create_task(speech.synthesize(words("Hello")))
    await engine.began.wait()
    await speech.close()
    assert engine.closed
    with pytest.raises(SpeechError, match="stopped"):
        await waiting


async def test_markup_and_own_voices_are_sounds_of_their_own(speech, engine):
    plain = await speech.synthesize(Wording(text="Hello"))
    for other in (Wording(text="Hello", ssml="Hello<break/>"), Wording(text="Hello", own_voice="nova")):
        assert (await speech.synthesize(other)).digest != plain.digest
    assert len(engine.asked) == 3


async def test_a_text_that_never_ends_is_cut_off(engine):
    speech = SpeechSynthesizer(engine, max_seconds=1.0)
    with pytest.raises(SpeechError, match="longer than 1 seconds"):
        await speech.synthesize(words("Hello"))


async def test_an_engine_with_a_defect_fails_its_text_and_no_other(speech, engine, caplog):
    engine.go_on = None
    with pytest.raises(SpeechError, match="stopped"):
        await speech.synthesize(words("Hello"))
    engine.go_on = asyncio.Event()
    engine.go_on.set()
    assert (await speech.synthesize(words("Hello"))).duration == 4.0
