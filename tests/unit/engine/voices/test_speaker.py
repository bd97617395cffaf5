"""A text said to a leg while it is made, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from engine.config import Settings
from engine.voices.library import VoiceLibrary
from engine.voices.speaker import say
from media.errors import SpeechError
from media.prompts import Prompt
from media.sound import Samples
from rcml.call import Speech
from tests.testkit.sound import babble
from tests.testkit.virtual_loop import run_virtual

RATE = 8000
SOUND = babble(8.0)


class SlowEngine:
    """Makes a second of sound in a tenth of one; "broken" breaks off after four, "mute" at once."""

    identity = "espeak"

    async def speak(self, wording: Any) -> AsyncGenerator[Samples, None]:
        for second in range(8):
            if wording.text == "mute" or (wording.text == "broken" and second == 4):
                raise SpeechError("no breath")
            await asyncio.sleep(0.1)
            yield np.repeat(SOUND[second * RATE : (second + 1) * RATE], wording.rate // RATE)

    async def close(self) -> None:
        return


@dataclass
class FakeWriter:
    """A streamed sound that passes in virtual time, four seconds of it held at most."""

    leg: FakeLeg
    ends: float = 0.0

    async def write(self, samples: Samples) -> None:
        now = asyncio.get_running_loop().time()
        if not self.leg.spoken:
            self.leg.first = now
        self.ends = max(self.ends, now) + samples.shape[-1] / RATE
        self.leg.spoken.append(samples)
        await asyncio.sleep(max(0.0, self.ends - now - 4.0))

    async def wait_played(self) -> None:
        await asyncio.sleep(max(0.0, self.ends - asyncio.get_running_loop().time()))

    def close(self) -> None:
        self.leg.silent = asyncio.get_running_loop().time()


@dataclass
class FakeLeg:
    spoken: list[Samples] = field(default_factory=list)
    played: list[tuple[int, int]] = field(default_factory=list)
    first: float = -1.0
    silent: float = -1.0
    wideband: bool = False
    banded: bool = False
    bands: list[tuple[int, ...] | None] = field(default_factory=list)
    """Of what was played from memory."""

    def source(self, *, banded: bool) -> FakeWriter:
        self.banded = banded
        return FakeWriter(self)

    async def play(self, prompt: Prompt, loops: int = 1) -> None:
        self.played.append((len(prompt.samples), loops))
        self.bands.append(None if prompt.bands is None else prompt.bands.shape)
        await asyncio.sleep(prompt.duration * loops if loops else 1e9)


@dataclass
class Scene:
    leg: FakeLeg
    lasted: float
    told: list[str]
    error: BaseException | None = None


def said(*speeches: Speech, stop_at: float | None = None, wideband: bool = False) -> Scene:
    """Say texts one after another, and stop at a time."""

    async def main() -> Scene:
        leg, told = FakeLeg(wideband=wideband), list[str]()
        library = VoiceLibrary(Settings.embedded(), SlowEngine())
        loop = asyncio.get_running_loop()
        error: BaseException | None = None
        try:
            async with asyncio.timeout(stop_at):
                for speech in speeches:
                    await say(library, speech, leg, told.append)  # type: ignore[arg-type]
        except (SpeechError, TimeoutError) as caught:
            error = caught
        lasted = loop.time()
        await library.close()
        return Scene(leg, lasted, told, error)

    return run_virtual(main())


def test_the_first_sound_is_heard_long_before_the_text_is_made():
    scene = said(Speech(text="long"))
    # Three seconds are measured for their loudness.
    assert scene.leg.first == pytest.approx(0.3)
    assert scene.lasted == pytest.approx(0.3 + 8.0)
    assert len(np.concatenate(scene.leg.spoken)) == 8 * RATE
    assert scene.leg.played == []


@pytest.mark.parametrize(("loops", "left", "seconds"), [(2, 1, 16.3), (5, 4, 40.3)])
def test_what_is_said_again_comes_from_memory(loops: int, left: int, seconds: float):
    scene = said(Speech(text="long", loops=loops))
    assert scene.leg.played == [(8 * RATE, left)]
    assert scene.lasted == pytest.approx(seconds)


def test_loop_zero_goes_on_until_it_is_stopped():
    scene = said(Speech(text="long", loops=0), stop_at=100.0)
    assert scene.leg.played == [(8 * RATE, 0)]
    assert scene.lasted == 100.0


def test_a_text_that_was_said_to_its_end_is_played_at_once():
    scene = said(Speech(text="long"), Speech(text="long", loops=3))
    assert scene.leg.played == [(8 * RATE, 3)]
    assert scene.lasted == pytest.approx(8.3 + 24.0)


def test_who_hears_wideband_is_told_both_bands_from_the_first_time_on():
    scene = said(Speech(text="long", loops=2), wideband=True)
    assert scene.leg.banded
    assert np.concatenate(scene.leg.spoken, axis=1).shape == (3, 8 * RATE)
    assert scene.leg.played == [(8 * RATE, 1)]
    assert scene.leg.bands == [(2, 8 * RATE)]


def test_who_hears_narrowband_is_told_no_bands():
    scene = said(Speech(text="long"), Speech(text="long"))
    assert not scene.leg.banded
    assert scene.leg.bands == [None]


def test_who_interrupts_hears_silence_at_once_and_the_text_is_not_kept():
    scene = said(Speech(text="long"), stop_at=0.55)
    assert scene.leg.silent == pytest.approx(0.55)
    assert isinstance(scene.error, TimeoutError)


def test_a_text_that_breaks_off_is_not_begun_anew_and_ends_nothing():
    scene = said(Speech(text="broken", loops=3))
    assert len(np.concatenate(scene.leg.spoken)) == 4 * RATE
    assert (scene.leg.played, scene.error) == ([], None)
    assert scene.lasted == pytest.approx(4.3)
    assert "broke off: no breath" in scene.told[0]


def test_a_text_that_cannot_be_said_at_all_is_an_error():
    scene = said(Speech(text="mute"))
    assert isinstance(scene.error, SpeechError)
    assert scene.leg.spoken == []
