"""The noun Language, and the attributes that a whole conversation may have too."""

from __future__ import annotations

from rcml.relaying import DEFAULT_LANGUAGE, DETECTED, RelayLanguage
from rcml.schema import Element, attr, noun, part
from rcml.spoken import LANGUAGE, SOME_HINTS, read_voice
from rcml.values import Kind, Place, Voice


def _read_language(written: str, place: Place) -> str:
    if written.lower() == DETECTED:
        return DETECTED
    tag: str = LANGUAGE.read(written, place)
    return tag


SPOKEN_LANGUAGE = Kind(f"language tag such as `en-US`, or `{DETECTED}`", _read_language)


@part
class SpeechChoices(Element):
    """Who speaks and who listens."""

    tts_provider: str | None = attr(
        "Who speaks: the name of a `[[voices]]` table, or `espeak`; the server's own choice when absent.",
        default=None,
    )
    voice: Voice | str | None = attr(
        "The voice, the woman when absent; one of the provider's own needs `ttsProvider`, and is the woman "
        "where that is not known.",
        default=None,
        kind=Kind("`man`, `woman`; with `ttsProvider` one of its own", read_voice),
    )
    transcription_provider: str | None = attr(
        "Who listens: the name of a `[[recognisers]]` table, or `pocketsphinx`.", default=None
    )
    hints: tuple[str, ...] = attr(
        "Phrases that are likely, separated by commas.", default=(), kind=SOME_HINTS
    )

    def in_language(self, code: str, around: RelayLanguage | None = None) -> RelayLanguage:
        """Return how a language is spoken and heard; what is not said here is as ``around`` has it."""
        outer = around or RelayLanguage()
        provider = self.tts_provider or outer.voice_provider
        voice: Voice | str = self.voice or Voice.WOMAN
        if self.voice is None and self.tts_provider is None:
            voice = outer.own_voice or outer.voice
        return RelayLanguage(
            code=code,
            voice=voice if isinstance(voice, Voice) else Voice.WOMAN,
            own_voice=voice if isinstance(voice, str) and provider is not None else "",
            voice_provider=provider,
            recogniser=self.transcription_provider or outer.recogniser,
            hints=self.hints or outer.hints,
        )


@noun()
class Language(SpeechChoices):
    """Who speaks and who listens in one language of a conversation.

    It counts when the application chooses the language, with a `language` message or the `lang` of a text,
    and at the beginning when it is the conversation's own. What it does not say is as the conversation has
    it; a provider of its own has a voice of its own.

    Example:
        <Connect>
          <ConversationRelay url="wss://agent.example.com/talk">
            <Language code="es-ES" ttsProvider="studio" voice="alba"/>
          </ConversationRelay>
        </Connect>

    TwiML: the names are those of this server's voices and recognisers.
    """

    code: str = attr("The language.", default=DEFAULT_LANGUAGE, kind=SPOKEN_LANGUAGE)

    def settings(self, around: RelayLanguage) -> RelayLanguage:
        """Return how it is spoken and heard in a conversation that is held as ``around``."""
        return self.in_language(self.code, around)
