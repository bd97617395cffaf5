"""What a caller says in a conversation, in virtual time; a recognition knows its words beforehand."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from engine.conversation_relay.core import Utterance
from engine.conversation_relay.ear import ELEMENT, Ear, Listening
from engine.recognition.library import Choice
from engine.recognition.recogniser import Told
from media.sound import Samples
from rcml.call import CollectRequest
from rcml.relaying import RelayLanguage
from tests.testkit.relaying_call import KnownWords
from tests.testkit.speaking_tap import SpeakingTap, quiet, voice
from tests.testkit.virtual_loop import run_virtual


class Stage:
    """An ear, and what it told with the time at which it did."""

    def __init__(self, sound: Samples, pause: float | None = None, *, knows: bool = True) -> None:
        self.told: list[tuple[float, str]] = []
        self.asked: list[CollectRequest] = []
        self.speaking = 0
        self.prepared = False
        self.language = RelayLanguage(code="en-GB", hints=("one",), recogniser="ears")
        self._knows = knows
        self.tap = SpeakingTap(sound)
        recognisers: Any = self
        tap: Any = self.tap
        listening = Listening(
            language=lambda: self.language,
            followed=self._follow,
            began=self._begin,
            partial=lambda utterance, words: self._note(f"perhaps {words}"),
            understood=lambda utterance, words: self._note(f"understood {words}"),
            problem=self._note,
        )
        self.ear = Ear(tap, recognisers, listening, pause)

    def choose(self, request: CollectRequest, told: Told) -> Choice | None:
        assert told.asked_by == ELEMENT
        self.asked.append(request)
        if not self._knows:
            told.problem("nobody knows it")
            return None
        return Choice(begin=lambda: KnownWords("one two", told), prepare=self._prepare)

    def _prepare(self) -> None:
        self.prepared = True

    def _follow(self, speaking: bool) -> None:
        self.speaking += speaking

    def _begin(self) -> Utterance:
        self._note("began")
        return Utterance(told=True)

    def _note(self, what: str) -> None:
        self.told.append((round(asyncio.get_running_loop().time(), 2), what))


def hear(sound: Samples, seconds: float, pause: float | None = None, *, knows: bool = True) -> Stage:
    """Let an ear listen for so long."""

    async def scene() -> Stage:
        stage = Stage(sound, pause, knows=knows)
        begun = asyncio.get_running_loop().time()
        await asyncio.sleep(seconds)
        await stage.ear.close()
        stage.told = [(round(at - begun, 2), what) for at, what in stage.told]
        return stage

    return run_virtual(scene())


def test_an_utterance_is_told_with_its_words_when_the_caller_has_paused():
    stage = hear(np.concatenate((voice(0.5), quiet(2.0))), 2.0)
    assert [what for _, what in stage.told] == ["began", "perhaps one", "understood one two"]
    assert stage.told[-1][0] == pytest.approx(0.5 + 0.7, abs=0.05)
    assert stage.prepared
    asked = stage.asked[0]
    assert (asked.language, asked.hints, asked.provider) == ("en-GB", ("one",), "ears")
    assert stage.speaking == pytest.approx(0.7 * 50, abs=2), "frames of speech, with what the detector waits"


@pytest.mark.parametrize("pause", [0.6, 1.5])
def test_the_document_may_choose_the_pause_that_ends_an_utterance(pause: float):
    stage = hear(np.concatenate((voice(0.5), quiet(3.0))), 3.0, pause)
    at, what = stage.told[-1]
    assert what == "understood one two"
    assert at == pytest.approx(0.5 + pause, abs=0.05)


def test_utterances_follow_each_other():
    sound = np.concatenate((voice(0.3), quiet(1.0), voice(0.3), quiet(1.0)))
    assert [what for _, what in hear(sound, 2.6).told].count("understood one two") == 2


def test_a_language_that_nobody_knows_is_silence():
    stage = hear(np.concatenate((voice(0.5), quiet(2.0))), 2.0, knows=False)
    assert [what for _, what in stage.told] == ["nobody knows it", "began", "nobody knows it"]


def test_what_is_being_said_when_the_ear_closes_is_given_up():
    stage = hear(voice(2.0), 1.0)
    assert [what for _, what in stage.told] == ["began"]
    assert stage.tap.closed
