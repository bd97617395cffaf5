"""Text to speech: each text spoken once for all who want it, heard while it is made, and then kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import numpy as np

from media.band_splitter import BandSplitter
from media.errors import MediaMisuse, SpeechError
from media.prompts import Prompt, PromptStore
from media.sound import Banded, Samples
from media.speech.engine import SpeechEngine
from media.speech.loudness import LoudnessNormaliser
from media.speech.rate import RATE
from media.speech.utterance import Utterance
from media.speech.wording import VOICES, Wording

MAX_CHARACTERS = 8192
"""About ten minutes of speech."""
MAX_MARKUP = 65_536
"""Characters of SSML, for at most as much text."""
MAX_SECONDS = 1800.0
"""Of sound: pauses and slow speech make more of a text than its characters tell. 29 MB."""

_SPLIT_AT_ONCE = 16_000
"""Samples, a second: what others wait for meanwhile they do not feel."""

_NOTHING_SAID = np.zeros(RATE // 50, dtype=np.int16)
"""What a text without a word sounds like: one frame of silence, which can be played."""


class SpeechSynthesizer:
    """Speaks texts with an engine and remembers them.

    Make it on the event loop. ``store`` may be shared with other synthesizers and prompts. With ``levelled``
    the sound is brought to one loudness, which holds its first seconds back until they are measured: for
    an engine that is far faster than real time.
    """

    def __init__(
        self,
        engine: SpeechEngine,
        store: PromptStore | None = None,
        *,
        levelled: bool = True,
        max_characters: int = MAX_CHARACTERS,
        max_seconds: float = MAX_SECONDS,
    ) -> None:
        self._engine = engine
        self.store = store or PromptStore(max_octets=64 * 1024 * 1024)
        self._levelled = levelled
        self._max_characters = max_characters
        self._max_samples = int(max_seconds * RATE)
        self._speaking: dict[str, Utterance] = {}

    def find(self, wording: Wording) -> Prompt | None:
        """Return what is remembered of ``wording``, if anything is."""
        return self.store.find(wording.key(self._engine.identity))

    async def synthesize(self, wording: Wording) -> Prompt:
        """Return a text as a prompt; raises :class:`SpeechError` when it cannot be spoken."""
        prompt = self.find(wording)
        if prompt is not None:
            return prompt
        async with aclosing(self.stream(wording)) as sound:
            parts = [samples async for samples in sound]
        # Kept meanwhile, unless it is larger than the whole store.
        return self.find(wording) or spoken_prompt(wording.text, parts, wording.key(self._engine.identity))

    async def stream(self, wording: Wording) -> AsyncGenerator[Samples | Banded, None]:
        """Yield the sound of a text in pieces, the first as early as the engine gives it; wide ones banded.

        Those who want the same at the same time share the work, from its beginning. It ends when the last
        of them leaves the iteration (close it); only what was spoken to its end is remembered. Raises
        :class:`SpeechError`.
        """
        self._check(wording)
        key = wording.key(self._engine.identity)
        prompt = self.store.find(key)
        if prompt is not None:
            yield prompt.sound
            return
        utterance = self._speaking.get(key)
        if utterance is None:
            utterance = self._speaking[key] = Utterance(self._sound(wording))
            utterance.on_end = lambda sound: self._ended(key, wording, sound)
        async with aclosing(utterance.listen()) as sound:
            async for samples in sound:
                yield samples

    async def close(self) -> None:
        """End the engine; texts being spoken fail."""
        for utterance in tuple(self._speaking.values()):
            await utterance.abandon()
        await self._engine.close()

    def _check(self, wording: Wording) -> None:
        if wording.voice not in VOICES:
            raise MediaMisuse(f"no voice {wording.voice!r}: choose one of {', '.join(VOICES)}")
        for length, most in ((len(wording.text), self._max_characters), (len(wording.ssml), MAX_MARKUP)):
            if length > most:
                raise SpeechError(f"a text of {length} characters is longer than {most}")

    def _ended(self, key: str, wording: Wording, sound: Samples | Banded | None) -> None:
        self._speaking.pop(key, None)
        if sound is not None:
            self.store.keep(key, spoken_prompt(wording.text, [sound], key))

    async def _sound(self, wording: Wording) -> AsyncGenerator[Samples | Banded, None]:
        """Yield what the engine says, levelled, and no more than is allowed."""
        left = self._max_samples
        async with aclosing(self._split(wording)) as sound:
            async for piece in sound:
                left -= piece.shape[-1]
                if left < 0:
                    raise SpeechError(f"the text takes longer than {self._max_samples / RATE:g} seconds")
                if piece.size:
                    yield piece

    async def _split(self, wording: Wording) -> AsyncGenerator[Samples | Banded, None]:
        """Yield both bands, of what is for somebody who hears wideband."""
        splitter = BandSplitter()
        async with aclosing(self._level(wording)) as sound:
            async for samples in sound:
                if not wording.wide:
                    yield samples
                    continue
                for start in range(0, len(samples), _SPLIT_AT_ONCE):
                    yield splitter.process(samples[start : start + _SPLIT_AT_ONCE])
        if wording.wide:
            yield splitter.finish()

    async def _level(self, wording: Wording) -> AsyncGenerator[Samples, None]:
        # Markup may be sound without a word: a pause.
        if not wording.text.strip() and not wording.ssml:
            return
        loudness = LoudnessNormaliser(wording.rate) if self._levelled else None
        async with aclosing(self._engine.speak(wording)) as sound:
            async for samples in sound:
                yield samples if loudness is None else loudness.process(samples)
        if loudness is not None:
            yield loudness.finish()


def spoken_prompt(text: str, parts: list[Samples | Banded], digest: str = "") -> Prompt:
    """Return the pieces of a spoken text as one prompt; a text without sound is a frame of silence."""
    sound = parts[0] if len(parts) == 1 else np.concatenate(parts or [_NOTHING_SAID], axis=-1)
    return Prompt.of(sound if sound.size else _NOTHING_SAID.copy(), f"speech: {text[:40]}", digest)
