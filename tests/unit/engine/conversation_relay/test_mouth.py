"""The sound of what an application says, made one piece after another, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.conversation_relay.mouth import MOST_AHEAD, Making, Mouth
from engine.conversation_relay.talk import Piece, Talk
from engine.voices.library import SpeechBroken
from media.prompts import Prompt
from media.sound import Samples
from rcml.prompts import Sound, Speech
from rcml.relaying import Input
from tests.testkit.virtual_loop import run_virtual


class Voices:
    """Says each text as a second of sound for each letter; some texts fare worse."""

    def __init__(self) -> None:
        self.begun: list[str] = []

    async def stream(
        self, speech: Speech, tell: Callable[[str], None], *, wide: bool = False
    ) -> AsyncIterator[Samples]:
        self.begun.append(speech.text)
        if speech.text == "never":
            await asyncio.Event().wait()
        for letter in speech.text:
            if letter == "!":
                raise SpeechBroken("it broke off")
            if letter == "?":
                raise ZeroDivisionError
            yield np.ones(8000, np.int16)


class Stage:
    """A mouth, and what became of its pieces."""

    def __init__(self) -> None:
        self.talk = Talk()
        self.voices = Voices()
        self.failed: list[tuple[str, str]] = []
        services: Any = SimpleNamespace(voices=self.voices)
        making = Making(grown=lambda: None, failed=self._fail, tell=lambda problem: None)
        self.mouth = Mouth(self.talk, services, making, wide=False)

    def say(self, text: str) -> Piece:
        piece = Piece(Speech(text=text), 1, Input.ANY, preemptible=False)
        self.talk.add(piece)
        self.mouth.say(piece)
        return piece

    def _fail(self, piece: Piece, why: str) -> None:
        self.failed.append((piece.text, why))


def play(scene: Callable[[Stage], Any]) -> Stage:
    """Run a scene beside the mouth, then end the mouth."""

    async def run() -> Stage:
        stage = Stage()
        running = asyncio.create_task(stage.mouth.run())
        await scene(stage)
        running.cancel()
        await asyncio.wait((running,))
        return stage

    return run_virtual(run())


def test_pieces_are_made_in_order_and_whole():
    async def scene(stage: Stage) -> None:
        pieces = [stage.say("ab"), stage.say("c")]
        await asyncio.sleep(1)
        assert [(piece.made, piece.whole) for piece in pieces] == [(16_000, True), (8000, True)]

    assert play(scene).voices.begun == ["ab", "c"]


@pytest.mark.parametrize("wide", [True, False])
async def test_a_telephones_sound_is_heard_by_who_hears_more_too(wide: bool):
    async def sound(asked: Sound, *, wide: bool = False) -> Prompt:
        return Prompt.of(np.ones(8000, np.int16), "bell", "bell")

    talk = Talk()
    services: Any = SimpleNamespace(sounds=SimpleNamespace(sound=sound))
    made = asyncio.Event()
    making = Making(grown=made.set, failed=lambda piece, why: None, tell=lambda problem: None)
    mouth = Mouth(talk, services, making, wide=wide)
    piece = Piece(Sound(url="https://app.test/bell.wav"), 1, Input.ANY, preemptible=False)
    talk.add(piece)
    mouth.say(piece)
    running = asyncio.create_task(mouth.run())
    await asyncio.wait_for(made.wait(), 10)
    running.cancel()
    await asyncio.wait((running,))
    assert piece.sound[0].shape == ((3, 8000) if wide else (8000,))


def test_no_more_is_made_than_will_soon_be_heard():
    async def scene(stage: Stage) -> None:
        for _ in range(3):
            stage.say("x" * 15)
        await asyncio.sleep(1)
        assert len(stage.voices.begun) == 2, f"{MOST_AHEAD} s are made ahead"
        played = 0
        while stage.talk.seconds_waiting >= MOST_AHEAD:
            sound = stage.talk.next_sound(played, 8000)
            assert sound is not None
            played += sound.shape[-1]
            stage.mouth.look()
        await asyncio.sleep(1)
        assert len(stage.voices.begun) == 3

    play(scene)


def test_a_piece_that_was_dropped_while_it_waits_is_not_made():
    async def scene(stage: Stage) -> None:
        stage.say("a")
        stage.talk.clear()
        stage.say("b")
        await asyncio.sleep(1)

    assert play(scene).voices.begun == ["b"]


def test_a_piece_that_was_dropped_while_it_is_made_holds_nothing_up():
    async def scene(stage: Stage) -> None:
        stage.say("never")
        await asyncio.sleep(1)
        stage.talk.clear()
        stage.mouth.look()
        stage.say("b")
        await asyncio.sleep(1)

    stage = play(scene)
    assert stage.voices.begun == ["never", "b"]
    assert stage.failed == []


def test_what_broke_off_is_heard_as_far_as_it_goes_and_was_told_by_the_voice():
    async def scene(stage: Stage) -> None:
        piece = stage.say("a!")
        await asyncio.sleep(1)
        assert (piece.made, piece.whole) == (8000, True)

    assert play(scene).failed == []


def test_a_fault_of_ours_costs_one_sentence():
    async def scene(stage: Stage) -> None:
        stage.say("a?")
        after = stage.say("b")
        await asyncio.sleep(1)
        assert after.whole

    ((text, why),) = play(scene).failed
    assert (text, "internal error" in why) == ("a?", True)
