"""Gather with speech in virtual time: the sound, the recogniser and the prompts are values."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from engine.conversations.input_collection import InputCollection
from engine.recognition.library import Choice
from engine.recognition.recogniser import Told
from media.sound import Samples
from media.speech.recognised import Recognised
from rcml.call import Callback, Collected, CollectRequest, InputKind
from tests.testkit.sound import noise
from tests.testkit.virtual_loop import run_virtual

TICK = 0.02
SPEECH = noise(TICK, -20.0)
QUIET = np.zeros(160, np.int16)
PROMPT = 10.0
BOTH = frozenset(InputKind)
TOLD = Callback(url="http://app.test/partial")


@dataclass
class FakeTap:
    """Sound that comes as the test says: (from, to) in seconds there is speech."""

    speech: list[tuple[float, float]]
    on_frame: Callable[[], None] | None = None
    closed: bool = False
    waiting: list[Samples] = field(default_factory=list)

    @property
    def available(self) -> int:
        return 160 * len(self.waiting)

    def read(self, samples: int) -> Samples:
        return self.waiting.pop(0)

    def close(self) -> None:
        self.closed = True

    async def flow(self) -> None:
        clock = asyncio.get_running_loop().time
        while not self.closed:
            await asyncio.sleep(TICK)
            loud = any(begin < clock() <= end for begin, end in self.speech)
            self.waiting.append(SPEECH if loud else QUIET)
            if self.on_frame is not None and not self.closed:
                self.on_frame()


@dataclass
class FakeRecognition:
    """Answers after a while, or never."""

    answer: Recognised | Exception | None
    told: Told
    heard: int = 0
    pauses: int = 0
    closed: bool = False

    def hear(self, samples: Samples) -> None:
        self.heard += len(samples)

    def pause(self) -> None:
        self.pauses += 1
        if isinstance(self.answer, Recognised) and self.answer:
            self.told.partial(self.answer.words)

    async def result(self) -> Recognised:
        await asyncio.sleep(1e6 if self.answer is None else 0.1)
        if isinstance(self.answer, Exception):
            raise self.answer
        assert self.answer is not None
        return self.answer

    async def close(self) -> None:
        self.closed = True


class Scene:
    """One Gather; `answers` are what the recogniser says of one utterance after the other."""

    def __init__(self, speech: list[tuple[float, float]], *answers: Recognised | Exception | None) -> None:
        self.tap = FakeTap(speech)
        self.answers = list(answers)
        self.recognitions: list[FakeRecognition] = []
        self.keys: asyncio.Queue[str] = asyncio.Queue()
        self.notes: list[str] = []
        self.told: list[dict[str, str]] = []
        self.prompt_ended = 0.0
        self.ended = 0.0

    def _choose(self, request: CollectRequest, told: Told) -> Choice:
        def begin() -> FakeRecognition:
            self.recognitions.append(FakeRecognition(self.answers.pop(0), told))
            return self.recognitions[-1]

        return Choice(begin=begin)

    async def _prompt(self) -> None:
        try:
            await asyncio.sleep(PROMPT)
        finally:
            self.prompt_ended = asyncio.get_running_loop().time()

    async def collect(self, **asked: Any) -> Collected:
        journal: Any = SimpleNamespace(
            notify=lambda code, level, message: self.notes.append(message),
            tell=lambda callback, parameters: self.told.append(dict(parameters)),
        )
        leg: Any = SimpleNamespace(media=SimpleNamespace(tap=lambda direction: self.tap))
        services: Any = SimpleNamespace(recognisers=SimpleNamespace(choose=self._choose))
        request = CollectRequest(**{"kinds": BOTH, "partial_results": TOLD, "pause_within": None, **asked})
        flowing = asyncio.create_task(self.tap.flow())
        collected = await InputCollection(request, journal, leg, services, self.keys).run(self._prompt)
        self.ended = asyncio.get_running_loop().time()
        await flowing
        return collected


def run(scene: Callable[[], Any]) -> None:
    run_virtual(scene())


def test_speech_stops_the_prompt_within_two_ticks_and_is_the_input_after_a_pause():
    async def story() -> None:
        scene = Scene([(1.0, 2.0)], Recognised("two tickets", 0.8))
        assert await scene.collect() == Collected(speech="two tickets", confidence=0.8)
        assert scene.prompt_ended <= 1.0 + 2 * TICK + 1e-6
        # 0.2 s until silence is believed, 0.7 s of pause, 0.1 s of the recogniser.
        assert abs(scene.ended - 3.0) < 3 * TICK
        assert scene.told == [{"UnstableSpeechResult": "two tickets", "SequenceNumber": "0"}]
        assert scene.tap.closed
        assert scene.recognitions[0].closed

    run(story)


def test_words_begin_before_they_are_noticed():
    async def story() -> None:
        scene = Scene([(1.0, 2.0)], Recognised("yes", 0.8))
        await scene.collect()
        assert scene.recognitions[0].heard >= 8000 * (1.0 + 0.25)

    run(story)


def test_a_document_may_keep_the_prompt_playing():
    async def story() -> None:
        scene = Scene([(1.0, 2.0)], Recognised("", 0.0))
        assert not await scene.collect(barge_in=False, first_within=2.0)
        assert abs(scene.prompt_ended - PROMPT) < TICK
        assert abs(scene.ended - PROMPT - 2.0) < TICK

    run(story)


def test_noise_is_forgotten_and_what_comes_after_it_is_heard():
    async def story() -> None:
        scene = Scene([(1.0, 1.2), (4.0, 5.0)], Recognised("", 0.2), Recognised("sales", 0.9))
        assert (await scene.collect(first_within=5.0)).speech == "sales"
        assert len(scene.recognitions) == 2

    run(story)


def test_a_recogniser_that_never_answers_ends_as_silence_with_a_note():
    async def story() -> None:
        scene = Scene([(1.0, 2.0)], None)
        assert not await scene.collect(first_within=3.0)
        assert scene.ended < 12.0
        assert "did not say in time" in scene.notes[0]
        assert scene.recognitions[0].closed

    run(story)


def test_a_recogniser_that_breaks_is_no_end_of_the_call():
    async def story() -> None:
        scene = Scene([(1.0, 2.0)], RuntimeError("broken"))
        assert not await scene.collect(first_within=3.0)

    run(story)


def test_a_key_stops_the_prompt_at_once_and_ends_the_listening():
    async def story() -> None:
        scene = Scene([])
        pressing = asyncio.get_running_loop().call_later(1.0, scene.keys.put_nowait, "7")
        assert await scene.collect(at_most=1) == Collected(digits="7")
        assert pressing.when() == scene.prompt_ended == scene.ended
        assert scene.tap.closed

    run(story)


def test_cancelling_lets_go_of_everything():
    async def story() -> None:
        scene = Scene([(1.0, 200.0)], Recognised("yes", 0.9))
        collecting = asyncio.create_task(scene.collect())
        await asyncio.sleep(2.0)
        collecting.cancel()
        await asyncio.wait((collecting,))
        await asyncio.sleep(0.1)
        assert scene.tap.closed
        assert scene.recognitions[0].closed

    run(story)
