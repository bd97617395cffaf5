"""A relayed conversation in virtual time: frames of 20 ms and samples played are the only clocks."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from engine.conversation_relay.core import RelayCore, Utterance
from engine.conversation_relay.effects import FallSilent, Speak
from engine.conversation_relay.talk import Piece
from engine.streams.core import Send
from rcml.prompts import Speech
from rcml.relaying import RelayRequest

FRAME = 160
PER_CHARACTER = 500
"""Samples of speech; the voice makes all of a sentence at once."""


class Scene:
    """A conversation, a voice that is quick, a leg that plays what it is given, and the application."""

    def __init__(self, **asked: Any) -> None:
        self.core = RelayCore(RelayRequest(url="wss://app.test/", **asked), {"sessionId": "VX1"})
        self.played = 0
        self.waiting = 0
        """Samples that the leg was given and has not played."""
        self.effects: list[Any] = []
        self.utterance: Utterance | None = None
        self._do(self.core.open())

    def tell(self, kind: str, **content: Any) -> list[Any]:
        """Send a message; return what comes of it."""
        return self._do(self.core.receive(json.dumps({"type": kind, **content})))

    def answer(self, text: str, **content: Any) -> list[Any]:
        return self.tell("text", token=text, last=True, **content)

    def pass_time(self, seconds: float, *, speaking: bool = False) -> list[Any]:
        """Let frames pass, in which the caller speaks or does not."""
        before = len(self.effects)
        for _ in range(round(seconds * 50)):
            sound = self.core.talk.next_sound(self.played, 32_768)
            self.waiting += 0 if sound is None else sound.shape[-1]
            step = min(FRAME, self.waiting)
            self.played, self.waiting = self.played + step, self.waiting - step
            self._do(self.core.hear(speaking, self.played))
        return self.effects[before:]

    def speak(self, seconds: float) -> Utterance:
        """Let the caller speak; the utterance begins after the first frame, as the ear has it."""
        self.pass_time(0.02, speaking=True)
        self.utterance = self.core.utterance_began()
        self.pass_time(seconds - 0.02, speaking=True)
        return self.utterance

    def understand(self, utterance: Utterance, words: str) -> list[Any]:
        return self._do(self.core.understood(utterance, words))

    def press(self, key: str) -> list[Any]:
        return self._do(self.core.press(key))

    def sent(self, kind: str) -> list[dict[str, Any]]:
        """Return the messages of a kind that the application was sent."""
        messages = [json.loads(effect.frame) for effect in self.effects if isinstance(effect, Send)]
        return [message for message in messages if message["type"] == kind]

    @property
    def said(self) -> list[str]:
        """The texts whose sound was to be made."""
        pieces = [effect.piece.prompt for effect in self.effects if isinstance(effect, Speak)]
        return [prompt.text if isinstance(prompt, Speech) else prompt.url for prompt in pieces]

    def _do(self, effects: list[Any]) -> list[Any]:
        self.effects += effects
        for effect in effects:
            match effect:
                case Speak(piece):
                    self._make(piece)
                case FallSilent():
                    # What is forgotten counts as played, as the leg has it.
                    self.played, self.waiting = self.played + self.waiting, 0
        return effects

    def _make(self, piece: Piece) -> None:
        length = len(piece.prompt.text) * PER_CHARACTER if isinstance(piece.prompt, Speech) else 8000
        self.core.talk.give(piece, np.ones(length, np.int16))
        self.core.talk.finish(piece)


def seconds(text: str) -> float:
    return len(text) * PER_CHARACTER / 8000
