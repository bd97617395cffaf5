"""Voices behind HTTP: asked as their kind is, played as they come, and replaced when they fail."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest

from engine.config import Settings
from engine.voices.library import SpeechBroken, VoiceLibrary
from media.errors import SpeechError
from media.sound import Samples
from media.speech.wording import Wording
from media.tone import tone as tone_at
from rcml.call import Speech
from rcml.values import Voice
from tests.testkit.fake_voice import FakeVoice, Manner
from tests.testkit.outside_sound import tone
from tests.testkit.ports import free_port
from tests.testkit.sound import loudest_frequency
from tests.testkit.wide_peer import level, wide_tone

OWN, THEIRS = 400, 700
"""Hertz in which the built-in voice and the provider's sing."""


class SingingEngine:
    """Stands for espeak-ng."""

    identity = "espeak"

    def __init__(self) -> None:
        self.said: list[Wording] = []

    async def speak(self, wording: Wording) -> AsyncGenerator[Samples, None]:
        self.said.append(wording)
        if "unspeakable" in wording.text:
            raise SpeechError("no breath")
        yield tone(OWN, 1.0)

    async def close(self) -> None:
        self.said.clear()


class Scene:
    """A library with one provider, `acme`."""

    def __init__(self, voice: FakeVoice, **entry: object) -> None:
        self.voice = voice
        self.engine = SingingEngine()
        self.told: list[str] = []
        table = {"name": "acme", "kind": "jambonz", "url": voice.url, "timeout": 0.3} | entry
        self.settings = Settings.embedded(speech={"provider": "acme"}, voices=[table])
        self.library = VoiceLibrary(self.settings, self.engine)

    async def hear(self, text: str = "Hello", **wishes: Any) -> Samples:
        parts = [np.zeros(0, np.int16)]
        async with aclosing(self.library.stream(Speech(text=text, **wishes), self.told.append)) as sound:
            async for samples in sound:
                parts.append(samples)
        return np.concatenate(parts)


@pytest.fixture
async def voice():
    async with FakeVoice() as voice:
        yield voice


@pytest.fixture
async def scene(voice):
    scene = Scene(voice, token="s3cret", man="Bob", woman="Eve", languages=["en-US", "de-DE"])
    yield scene
    await scene.library.close()


async def test_a_text_is_asked_for_as_jambonz_asks_and_heard_as_it_was_said(scene, voice):
    assert np.array_equal(await scene.hear("Hi <b>", voice=Voice.WOMAN, language="de"), tone(THEIRS, 1.0))
    assert voice.asked == [{"language": "de-DE", "voice": "Eve", "type": "text", "text": "Hi <b>"}]
    assert voice.headers[0]["Authorization"] == "Bearer s3cret"
    assert scene.told == []


async def test_markup_is_sent_as_ssml(scene, voice):
    await scene.hear("Hi you", ssml="Hi<break/>you", own_voice="nova")
    assert voice.asked == [
        {"language": "en-US", "voice": "nova", "type": "ssml", "text": "<speak>Hi<break/>you</speak>"}
    ]


async def test_an_openai_voice_is_asked_for_raw_samples_of_24_khz(voice):
    scene = Scene(voice, kind="openai", model="tts-1", man="onyx")
    voice.manner = Manner(tone_at(THEIRS, 1.0, rate=24_000), content_type="audio/pcm")
    sound = await scene.hear("Hi you", ssml="Hi<break/>you", voice=Voice.WOMAN)
    assert voice.asked == [{"model": "tts-1", "voice": "onyx", "input": "Hi you", "response_format": "pcm"}]
    assert len(sound) == pytest.approx(8000, abs=40)
    assert loudest_frequency(sound) == pytest.approx(THEIRS, abs=3)
    assert "Authorization" not in voice.headers[0]
    await scene.library.close()


async def test_who_hears_wideband_hears_what_a_voice_says_above_4_khz(scene, voice):
    voice.manner = Manner(wide_tone(1000, 0.5) + wide_tone(6000, 0.5), "audio/l16;rate=16000")
    prompt = await scene.library.whole(Speech(text="Hello"), scene.told.append, wide=True)
    assert voice.headers[-1]["Accept"].startswith("audio/l16;rate=16000,")
    assert prompt.duration == pytest.approx(0.5, abs=0.01)
    # The higher band lies mirrored: 6 kHz at 2 kHz.
    levels = [level(each, pitch, 8000) for each, pitch in zip(prompt.sound, (1000, 1000, 2000), strict=True)]
    assert levels == pytest.approx([-12.2] * 3, abs=0.5)
    assert level(prompt.samples, 2000, 8000) < -60
    # A text is remembered once for each kind of party.
    await scene.library.whole(Speech(text="Hello"), scene.told.append, wide=True)
    narrow = await scene.library.whole(Speech(text="Hello"), scene.told.append)
    assert narrow.bands is None
    assert len(voice.asked) == 2
    assert voice.headers[-1]["Accept"].startswith("audio/l16;rate=8000,")


async def test_the_same_text_is_asked_for_once(scene, voice):
    for _ in range(3):
        assert loudest_frequency(await scene.hear()) == THEIRS
    assert len(voice.asked) == 1
    await scene.hear(voice=Voice.WOMAN)
    assert len(voice.asked) == 2


async def test_sound_is_heard_before_the_answer_is_complete(scene, voice):
    voice.manner = Manner(tone(THEIRS, 1.0), stops_after=8000)
    async with aclosing(scene.library.stream(Speech(text="Hello"), scene.told.append)) as sound:
        assert len(await anext(sound)) > 0
    await asyncio.wait_for(voice.left.wait(), 2)
    assert scene.told == []


FAILURES = {
    "refuses": (Manner(tone(THEIRS, 1.0), status=500, body=b"quota exceeded"), "it answered 500"),
    "redirects": (Manner(tone(THEIRS, 1.0), status=302, location="http://127.0.0.1:1/"), "it answered 302"),
    "hangs": (Manner(tone(THEIRS, 1.0), hangs=True), "no sound came within 0.3 s"),
    "says nothing": (Manner(tone(THEIRS, 1.0), stops_after=0), "no sound came within 0.3 s"),
    "begins a header": (
        Manner(tone(THEIRS, 1.0), content_type="audio/wav", body=b"RIFF" + b"x" * 99, stops_after=6),
        "no sound came within 0.3 s",
    ),
    "is silent": (Manner(tone(THEIRS, 1.0), body=b""), "the answer holds no sound"),
    "sends JSON": (
        Manner(tone(THEIRS, 1.0), content_type="application/json", body=b'{"error":1}'),
        "Content-Type 'application/json' is no sound",
    ),
    "sends garbage": (
        Manner(tone(THEIRS, 1.0), content_type="audio/wav", body=b"\xff" * 5000),
        "the answer is no WAV file",
    ),
    "sends no MP3": (Manner(tone(THEIRS, 1.0), content_type="audio/mpeg", body=b"x" * 5000), "no MPEG audio"),
}


@pytest.mark.parametrize("manner", FAILURES)
async def test_the_built_in_voice_says_the_text_when_a_voice(scene, voice, manner: str):
    voice.manner, reason = FAILURES[manner]
    sound = await asyncio.wait_for(scene.hear(own_voice="nova"), 2)
    assert loudest_frequency(sound) == OWN
    assert scene.engine.said == [Wording(text="Hello")]
    (told,) = scene.told
    assert "the voice acme failed" in told
    assert reason in told
    assert "see to [[voices]] acme" in told


async def test_a_voice_that_is_down_is_replaced(voice):
    scene = Scene(voice, url=f"http://127.0.0.1:{free_port()}/speak")
    assert loudest_frequency(await scene.hear()) == OWN
    assert "no connection" in scene.told[0]
    await scene.library.close()


async def test_a_failure_is_not_remembered(scene, voice):
    working = voice.manner
    voice.manner = Manner(tone(THEIRS, 1.0), status=503)
    await scene.hear()
    voice.manner = working
    assert loudest_frequency(await scene.hear()) == THEIRS


@pytest.mark.parametrize("manner", [{"breaks_after": 8000}, {"stops_after": 8000}])
async def test_what_was_heard_of_a_broken_answer_is_not_said_again(scene, voice, manner):
    voice.manner = Manner(tone(THEIRS, 1.0), **manner)
    heard: list[Samples] = []

    async def listen() -> None:
        async with aclosing(scene.library.stream(Speech(text="Hello"), scene.told.append)) as sound:
            async for samples in sound:
                heard.append(samples)

    with pytest.raises(SpeechBroken):
        await listen()
    assert len(np.concatenate(heard)) == 4000
    assert scene.engine.said == []
    assert "the voice acme broke off" in scene.told[0]
    assert (await scene.library.whole(Speech(text="Hello"), scene.told.append)).duration == 0.5


async def test_a_provider_that_nobody_configured_is_named_and_the_default_speaks(scene):
    assert loudest_frequency(await scene.hear(provider="nobody")) == THEIRS
    assert scene.told == [
        "<Say> provider='nobody': no such voice, acme speaks; known are espeak, acme",
    ]


async def test_the_built_in_voice_can_be_asked_for(scene, voice):
    assert loudest_frequency(await scene.hear(provider="espeak")) == OWN
    assert (voice.asked, scene.told) == ([], [])


async def test_a_text_that_nobody_can_say_is_an_error(scene, voice):
    voice.manner = Manner(tone(THEIRS, 1.0), status=500)
    with pytest.raises(SpeechError, match="no breath"):
        await scene.hear("unspeakable")


async def test_a_sound_without_end_is_cut_off(voice):
    scene = Scene(voice)
    settings = Settings.embedded(
        webhooks={"max_audio_bytes": 10_000}, speech={"provider": "acme"}, voices=scene.settings.voices
    )
    scene.library.apply(settings)
    with pytest.raises(SpeechBroken, match="larger than 10000 octets"):
        await scene.hear()
    await scene.library.close()


async def test_a_reload_takes_other_voices(scene, voice):
    assert loudest_frequency(await scene.hear()) == THEIRS
    scene.library.apply(Settings.embedded())
    assert loudest_frequency(await scene.hear()) == OWN
    assert len(voice.asked) == 1
