"""Which of our voices and recognisers a document means: those of Twilio's names are not ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.recognition.library import RecogniserLibrary
from engine.voices.library import VoiceLibrary
from rcml.relaying import RelayLanguage, RelayRequest


def ours(
    request: RelayRequest, voices: VoiceLibrary, recognisers: RecogniserLibrary, tell: Callable[[str], None]
) -> RelayRequest:
    """Return ``request`` with providers that exist here, and tell once of each that does not."""
    unknown: dict[str, str] = {}

    def settle(language: RelayLanguage) -> RelayLanguage:
        provider, listener = language.voice_provider, language.recogniser
        voice = voices.named(provider) if provider is not None else None
        recogniser = recognisers.named(listener) if listener is not None else None
        if provider is not None and voice is None:
            unknown[f"ttsProvider={provider!r}"] = "[[voices]]"
        if listener is not None and recogniser is None:
            unknown[f"transcriptionProvider={listener!r}"] = "[[recognisers]]"
        # A voice of a provider that is not here is nobody's.
        own_voice = language.own_voice if voice is not None else ""
        return replace(language, voice_provider=voice, own_voice=own_voice, recogniser=recogniser)

    settled = replace(
        request,
        spoken=settle(request.spoken),
        heard=settle(request.heard),
        languages=tuple(settle(each) for each in request.languages),
    )
    for written, table in unknown.items():
        tell(f"{written}: there is none here, the server's own is taken; give one of {table} this name")
    return settled
