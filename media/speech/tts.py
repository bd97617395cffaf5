"""Text to speech as prompts: spoken once, kept by voice, language and text."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing

import numpy as np

from media.errors import MediaMisuse, SpeechError
from media.prompts import Prompt, PromptStore
from media.sound import Samples
from media.speech.engine import VOICES, SpeechEngine
from media.speech.espeak import RATE, EspeakEngine
from media.speech.loudness import LoudnessNormaliser

MAX_CHARACTERS = 8192
"""About ten minutes of speech."""

_NOTHING_SAID = np.zeros(RATE // 50, dtype=np.int16)
"""What a text without a word sounds like: one frame of silence, which can be played."""


class SpeechSynthesizer:
    """Speaks texts with an engine, at one loudness, and remembers them.

    Make it on the event loop. ``store`` may be shared with other prompts.
    """

    def __init__(
        self,
        engine: SpeechEngine | None = None,
        store: PromptStore | None = None,
        *,
        max_characters: int = MAX_CHARACTERS,
    ) -> None:
        self._engine = engine or EspeakEngine()
        self.store = store or PromptStore(max_octets=64 * 1024 * 1024)
        self._max_characters = max_characters
        self._speaking: dict[str, asyncio.Task[Prompt]] = {}

    async def synthesize(self, text: str, voice: str = "man", language: str = "en") -> Prompt:
        """Return ``text`` as a prompt; raises :class:`SpeechError` when it cannot be spoken.

        Callers who ask for the same at the same time share the work; one who is cancelled does
        not take it away from the others.
        """
        self._check(text, voice)
        key = _key(text, voice, language)
        prompt = self.store.find(key)
        if prompt is not None:
            return prompt
        task = self._speaking.get(key)
        if task is None:
            task = asyncio.create_task(self._speak(key, text, voice, language))
            self._speaking[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)

    async def stream(
        self, text: str, voice: str = "man", language: str = "en"
    ) -> AsyncGenerator[Samples, None]:
        """Yield the sound of ``text`` in pieces, the first as early as the engine gives it.

        Leaving the iteration early (close it) ends the work; only what was spoken to its end is
        remembered.
        """
        self._check(text, voice)
        key = _key(text, voice, language)
        prompt = self.store.find(key)
        if prompt is not None:
            yield prompt.samples
            return
        parts: list[Samples] = []
        async with aclosing(self._sound(text, voice, language)) as sound:
            async for samples in sound:
                parts.append(samples)
                yield samples
        self._keep(key, text, parts)

    async def close(self) -> None:
        """End the engine; texts being spoken fail."""
        for task in self._speaking.values():
            task.cancel()
        await asyncio.gather(*self._speaking.values(), return_exceptions=True)
        await self._engine.close()

    def _check(self, text: str, voice: str) -> None:
        if voice not in VOICES:
            raise MediaMisuse(f"no voice {voice!r}: choose one of {', '.join(VOICES)}")
        if len(text) > self._max_characters:
            raise SpeechError(f"a text of {len(text)} characters is longer than {self._max_characters}")

    def _forget(self, key: str, task: asyncio.Task[Prompt]) -> None:
        self._speaking.pop(key, None)
        # Looked at here, because everyone who waited may have left.
        if not task.cancelled():
            task.exception()

    async def _speak(self, key: str, text: str, voice: str, language: str) -> Prompt:
        async with aclosing(self._sound(text, voice, language)) as sound:
            parts = [samples async for samples in sound]
        return self._keep(key, text, parts)

    def _keep(self, key: str, text: str, parts: list[Samples]) -> Prompt:
        samples = np.concatenate(parts) if parts else _NOTHING_SAID.copy()
        samples.setflags(write=False)
        prompt = Prompt(samples, RATE, f"speech: {text[:40]}", key)
        self.store.keep(key, prompt)
        return prompt

    async def _sound(self, text: str, voice: str, language: str) -> AsyncGenerator[Samples, None]:
        loudness = LoudnessNormaliser(RATE)
        if text.strip():
            async with aclosing(self._engine.speak(text, voice, language)) as sound:
                async for samples in sound:
                    if len(normal := loudness.process(samples)):
                        yield normal
            if len(rest := loudness.finish()):
                yield rest


def _key(text: str, voice: str, language: str) -> str:
    return hashlib.sha256("\0".join((voice, language.lower(), text)).encode()).hexdigest()
