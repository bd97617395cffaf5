"""How a voice is asked over HTTP: the bodies of its requests. Plain values, no network."""

from __future__ import annotations

from typing import Protocol

from engine.config.speech_section import VoiceEntry
from media.speech.wording import Wording

PCM_RATE = 24_000
"""Samples a second of the `pcm` that OpenAI-style voices answer with."""


class Shape(Protocol):
    """One way of asking."""

    pcm_rate: int
    """Of raw samples whose Content-Type names no rate."""

    def accepts(self, rate: int) -> str:
        """Return the Accept header of who can use ``rate`` samples a second."""
        ...

    def body(self, wording: Wording) -> dict[str, str]:
        """Return the JSON that asks for ``wording``."""
        ...


class JambonzShape:
    """The custom text-to-speech API of jambonz: text or SSML, sound of any Content-Type."""

    pcm_rate = 8000

    def __init__(self, entry: VoiceEntry) -> None:
        self._entry = entry

    def accepts(self, rate: int) -> str:
        """Return the types it may answer with, samples of ``rate`` first."""
        return f"audio/l16;rate={rate}, audio/wav, audio/mpeg;q=0.5"

    def body(self, wording: Wording) -> dict[str, str]:
        """Return language, voice, type and text; SSML stands inside a `speak` element."""
        return {
            "language": language_tag(wording.language, self._entry.languages),
            "voice": voice_name(wording, self._entry),
            "type": "ssml" if wording.ssml else "text",
            "text": f"<speak>{wording.ssml}</speak>" if wording.ssml else wording.text,
        }


class OpenAiShape:
    """The speech API of OpenAI and of the many servers that copy it: text only, raw samples asked for."""

    pcm_rate = PCM_RATE

    def __init__(self, entry: VoiceEntry) -> None:
        self._entry = entry

    def accepts(self, rate: int) -> str:
        """Return the types it may answer with: its samples have one rate."""
        return "audio/pcm, audio/wav;q=0.9, audio/mpeg;q=0.5"

    def body(self, wording: Wording) -> dict[str, str]:
        """Return model, voice, input and format; its voices speak whatever language the text is in."""
        return {
            "model": self._entry.model,
            "voice": voice_name(wording, self._entry),
            "input": wording.text,
            "response_format": "pcm",
        }


SHAPES: dict[str, type[JambonzShape] | type[OpenAiShape]] = {"jambonz": JambonzShape, "openai": OpenAiShape}


def voice_name(wording: Wording, entry: VoiceEntry) -> str:
    """Return the name of the voice that is meant; the other of the two when only one is configured."""
    if wording.own_voice:
        return wording.own_voice
    first, second = (entry.woman, entry.man) if wording.voice == "woman" else (entry.man, entry.woman)
    return first or second


def language_tag(language: str, spoken: tuple[str, ...]) -> str:
    """Return the tag among ``spoken`` that is meant by ``language``, or ``language`` itself.

    The same tag before one of the same language: `en-GB` is sent as `en-US` only when that is all there is.
    """
    wanted = language.lower()
    for tag in spoken:
        if tag.lower() == wanted:
            return tag
    base = wanted.partition("-")[0]
    return next((tag for tag in spoken if tag.lower().partition("-")[0] == base), language)
