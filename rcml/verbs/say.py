"""The verb Say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rcml import ssml
from rcml.call import Call, Speech
from rcml.flow import Flow, Next
from rcml.language import LANGUAGE_TAG
from rcml.schema import Remark, Verb, attr, text, verb
from rcml.spoken import read_voice
from rcml.values import Kind, NotAllowed, Place, Voice

# The short names of Restcomm, and the language tags they stand for.
_LANGUAGES = {
    **{"bf": "fr-BE", "bp": "pt-BR", "en": "en", "en-gb": "en-GB", "cf": "fr-CA", "cs": "cs", "dan": "da"},
    **{"fi": "fi", "es": "es", "fr": "fr", "de": "de", "el": "el", "it": "it", "nl": "nl", "no": "nb"},
    **{"pl": "pl", "pt": "pt", "ru": "ru", "ar": "ar", "ca": "ca", "sv": "sv", "tr": "tr"},
}


def _read_language(written: str, place: Place) -> str:
    known = _LANGUAGES.get(written.lower())
    if known is not None:
        return known
    # TwiML writes `en-US` and the like; the language decides, the region is the voice's business.
    tag = LANGUAGE_TAG.fullmatch(written)
    if tag is None or tag[1].lower() not in {spoken.partition("-")[0] for spoken in _LANGUAGES.values()}:
        raise NotAllowed
    return written


# Voices of TwiML documents; the server speaks with its own woman.
_TWIML_VOICE = re.compile(r"alice|(Polly|Google)\..{1,80}")


@verb
class Say(Verb):
    """Speak a text.

    SSML elements inside (`break`, `emphasis`, `lang`, `p`, `phoneme`, `prosody`, `s`, `say-as`, `sub`,
    `voice`, `w`) reach voices that understand them; of others the text is spoken. When a provider fails the
    server's own voice speaks (13520); when that fails too the call is hung up (13233).

    Example:
        <Response><Say voice="woman" language="en-gb" loop="2">Your table is ready.</Say></Response>

    TwiML: `alice`, `Polly.*` and `Google.*` are spoken by the woman; `en-US` and other tags of a listed
    language are accepted.
    """

    voice: Voice | str = attr(
        "Who speaks. A voice that the provider has not is its man, or what the provider makes of it.",
        default=Voice.MAN,
        kind=Kind(
            "`man`, `woman` (also `alice`, `Polly.*`, `Google.*`); with `provider` one of its own voices",
            read_voice,
            empty_is_absent=False,
        ),
        code=13511,
    )
    language: str = attr(
        "The language of the text.",
        default="en",
        kind=Kind(", ".join(f"`{name}`" for name in _LANGUAGES), _read_language, empty_is_absent=False),
        code=13512,
    )
    loop: int = attr(
        "How often it is said; 0 is until the caller hangs up.", default=1, minimum=0, code=13510
    )
    provider: str | None = attr(
        "Name of a `[[voices]]` table, or `espeak`; the server's own choice when absent.", default=None
    )
    words: str = text(
        "What is said; nothing when empty.", default="", absorbs=ssml.KNOWN, markup="words_as_ssml"
    )
    words_as_ssml: str = ""
    """The same with its markup; empty when it has none."""

    def remarks(self) -> Iterator[str | Remark]:
        if isinstance(self.voice, str) and self.provider is None and not self._is_twiml_voice():
            what = f"<Say> voice={self.voice!r}: allowed is man, woman and, with provider, one of its own;"
            yield Remark(f"{what} 'man' is taken unless the server's provider has it", 13511)

    def prompt(self) -> Speech | None:
        """Return what the caller hears, None for an empty text."""
        if not self.words and not self.words_as_ssml:
            return None
        own = isinstance(self.voice, str) and not self._is_twiml_voice()
        return Speech(
            text=self.words,
            ssml=self.words_as_ssml,
            voice=self._gender(),
            own_voice=str(self.voice) if own else "",
            language=self.language,
            loops=self.loop,
            provider=self.provider,
        )

    def _gender(self) -> Voice:
        if isinstance(self.voice, Voice):
            return self.voice
        return Voice.WOMAN if self._is_twiml_voice() else Voice.MAN

    def _is_twiml_voice(self) -> bool:
        return isinstance(self.voice, str) and _TWIML_VOICE.fullmatch(self.voice) is not None

    async def execute(self, call: Call) -> Next:
        await call.answer()
        prompt = self.prompt()
        if prompt is not None:
            await call.say(prompt)
        return Flow.NEXT_VERB
