"""Chooses who says a text, and lets the built-in voice step in for one that fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress

from engine.config import Settings
from engine.config.speech_section import EMBEDDED
from engine.reporting.metrics import Metrics
from engine.voices.http_voice import HttpVoice
from media.errors import SpeechError
from media.prompts import Prompt, PromptStore
from media.sound import Banded, Samples
from media.speech.engine import SpeechEngine
from media.speech.tts import SpeechSynthesizer, spoken_prompt
from media.speech.wording import Wording
from rcml.call import Speech

Tell = Callable[[str], None]
"""Takes note of what went wrong with a voice, and the cure."""

_CURES = {EMBEDDED: "say less in one text"}

CACHE_OCTETS = 64 * 1024 * 1024
"""An hour and ten minutes of speech, whoever said it; a third of that for who hears wideband."""


class SpeechBroken(SpeechError):
    """A text stopped in the middle, after some of it was given on."""


class VoiceLibrary:
    """All voices of one configuration: the built-in one, and those of the ``[[voices]]`` tables."""

    def __init__(self, settings: Settings, embedded: SpeechEngine, metrics: Metrics | None = None) -> None:
        self._store = PromptStore(max_octets=CACHE_OCTETS)
        self._embedded = SpeechSynthesizer(embedded, self._store)
        self._metrics = metrics or Metrics()
        self._retired: list[SpeechSynthesizer] = []
        self._others: dict[str, SpeechSynthesizer] = {}
        self.warming: asyncio.Future[None] | None = None
        """Done when the built-in voice has said its first word, or has failed to."""
        self.apply(settings)

    def apply(self, settings: Settings) -> None:
        """Use new settings for texts from now on; those being said keep the old ones."""
        self._retired += self._others.values()
        self._default = settings.speech.provider
        self._others = {
            entry.name: SpeechSynthesizer(
                HttpVoice(
                    entry,
                    connect_timeout=settings.webhooks.connect_timeout,
                    largest=settings.webhooks.max_audio_bytes,
                ),
                self._store,
                levelled=False,
            )
            for entry in settings.voices
        }

    def named(self, wanted: str) -> str | None:
        """Return the name of the voice that is meant, whatever its case; None when there is none."""
        names = (EMBEDDED, *self._others)
        return next((name for name in names if name.lower() == wanted.lower()), None)

    def find(self, speech: Speech, *, wide: bool = False) -> Prompt | None:
        """Return the sound of a text that was said before, as ``wide`` as it is wanted, if remembered."""
        name = self._provider(speech)
        return self._synthesizer(name).find(_wording(speech, name, wide))

    async def stream(
        self, speech: Speech, tell: Tell, *, wide: bool = False
    ) -> AsyncGenerator[Samples | Banded, None]:
        """Yield the sound of a text while it is being made, banded when it is to be ``wide``.

        When a provider fails before its first sound, the built-in voice says the text. Raises
        :class:`SpeechBroken` for a failure after the first sound, :class:`SpeechError` when nobody can
        say it.
        """
        name = self._provider(speech)
        if speech.provider is not None and speech.provider != name:
            known = ", ".join((EMBEDDED, *self._others))
            tell(f"<Say> provider={speech.provider!r}: no such voice, {name} speaks; known are {known}")
        if name != EMBEDDED:
            try:
                async with aclosing(self._said_by(name, _wording(speech, name, wide), tell)) as sound:
                    async for samples in sound:
                        yield samples
                return
            except SpeechBroken:
                raise
            except SpeechError as error:
                tell(f"the voice {name} failed: {error}; {EMBEDDED} speaks instead; see to [[voices]] {name}")
        async with aclosing(self._said_by(EMBEDDED, _wording(speech, EMBEDDED, wide), tell)) as sound:
            async for samples in sound:
                yield samples

    async def whole(self, speech: Speech, tell: Tell, *, wide: bool = False) -> Prompt:
        """Return the sound of a text once it is made; raises :class:`SpeechError`."""
        parts: list[Samples | Banded] = []
        with suppress(SpeechBroken):
            async with aclosing(self.stream(speech, tell, wide=wide)) as sound:
                async for samples in sound:
                    parts.append(samples)
        return self.find(speech, wide=wide) or spoken_prompt(speech.text, parts)

    async def wait_warm(self, within: float) -> None:
        """Return when what is computed for the first text has been, or the time is over."""
        if self.warming is not None:
            await asyncio.wait((self.warming,), timeout=within)

    async def close(self) -> None:
        """Close all voices; texts being said fail."""
        for synthesizer in (*self._retired, *self._others.values(), self._embedded):
            await synthesizer.close()

    async def _said_by(
        self, name: str, wording: Wording, tell: Tell
    ) -> AsyncGenerator[Samples | Banded, None]:
        """Yield what one voice says, telling a failure in the middle from one at the beginning."""
        heard = False
        outcome = "cancelled"
        try:
            async with aclosing(self._synthesizer(name).stream(wording)) as sound:
                async for samples in sound:
                    heard = True
                    yield samples
            outcome = "ok"
        except SpeechError as error:
            outcome = "broken" if heard else "failed"
            if not heard:
                raise
            broken = f"the voice {name} broke off: {error}"
            tell(f"{broken}; the rest is not said; {_CURES.get(name, f'see to [[voices]] {name}')}")
            raise SpeechBroken(broken) from error
        finally:
            self._metrics.texts_said.labels(name, outcome).inc()

    def _provider(self, speech: Speech) -> str:
        wanted = speech.provider
        known = wanted is not None and (wanted in self._others or wanted == EMBEDDED)
        return wanted if wanted is not None and known else self._default

    def _synthesizer(self, name: str) -> SpeechSynthesizer:
        return self._others.get(name, self._embedded)


def _wording(speech: Speech, name: str, wide: bool) -> Wording:
    # The names of a provider's own voices mean nothing to ours.
    own_voice = "" if name == EMBEDDED else speech.own_voice
    return Wording(
        text=speech.text,
        ssml=speech.ssml,
        voice=speech.voice.value,
        own_voice=own_voice,
        language=speech.language,
        wide=wide,
    )
