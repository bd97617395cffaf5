"""What callers hear: texts, URLs and the apology, turned into prompts."""

from __future__ import annotations

import asyncio

from engine.errors import FetchError
from engine.reporting import log
from engine.requests.fetcher import Fetcher
from engine.voices.library import Tell, VoiceLibrary
from engine.voices.speaker import say
from media import music, tone
from media.errors import PromptError, SpeechError
from media.plane.leg import Leg
from media.prompts import RATE, Prompt, PromptCache
from rcml.call import PlaybackFailed, Sound, Speech


def _log_only(problem: str) -> None:
    log.get("voice").warning("voice.failed", problem=problem)


class SoundLibrary:
    """Finds the sound for what a document names; whatever fails is a :class:`PlaybackFailed`."""

    def __init__(self, fetcher: Fetcher, voices: VoiceLibrary) -> None:
        self._fetcher = fetcher
        self._voices = voices
        self._prompts = PromptCache(asyncio.to_thread)
        self.beep = Prompt(tone.beep(), RATE, "beep", "beep")
        self.silence = Prompt(tone.silence(1.0), RATE, "silence", "silence")
        self.departure = Prompt(tone.departure(), RATE, "departure", "departure")
        self.music = Prompt(music.hold_music(), RATE, "hold music", "hold music")

    def ring_tone(self, country: str | None = None) -> Prompt:
        """Return what a caller hears while a telephone rings elsewhere, one period of it."""
        name = country if country in tone.RINGBACK else "us"
        return Prompt(tone.ringback(name), RATE, f"ring tone {name}", f"ring tone {name}")

    async def speech(self, speech: Speech, tell: Tell = _log_only, *, wide: bool = False) -> Prompt:
        """Return a spoken text, all of it; ``wide`` for who hears wideband."""
        try:
            return await self._voices.whole(speech, tell, wide=wide)
        except SpeechError as error:
            raise PlaybackFailed(str(error)) from error

    async def say(self, speech: Speech, leg: Leg, tell: Tell) -> None:
        """Say a text to a leg while it is being made; return when its last sample was sent."""
        try:
            await say(self._voices, speech, leg, tell)
        except SpeechError as error:
            raise PlaybackFailed(str(error)) from error

    async def sound(self, sound: Sound, *, wide: bool = False) -> Prompt:
        """Return the sound behind a URL; ``wide`` for who hears wideband."""
        try:
            answer = await self._fetcher.sound(sound.url)
            return await self._prompts.decode(answer.body, answer.url, wide=wide, digest=answer.digest)
        except FetchError as error:
            raise PlaybackFailed(error.reason, url=error.url) from error
        except PromptError as error:
            raise PlaybackFailed(error.why, url=sound.url) from error

    async def apology(self, text: str, url: str) -> Prompt | None:
        """Return what is heard before a call ends because its document could not be used.

        The sound behind ``url`` when there is one and it can be had, else the text, else nothing.
        """
        if url:
            try:
                return await self.sound(Sound(url=url))
            except PlaybackFailed:
                if not text:
                    return None
        return await self.speech(Speech(text=text)) if text else None
