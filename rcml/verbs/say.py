"""The verb Say."""

from __future__ import annotations

import re

from rcml.call import Call, Speech
from rcml.flow import Flow, Next
from rcml.schema import Verb, attr, text, verb
from rcml.values import Kind, NotAllowed, Place, Voice

# The short names of Restcomm, and the language tags they stand for.
_LANGUAGES = {
    **{"bf": "fr-BE", "bp": "pt-BR", "en": "en", "en-gb": "en-GB", "cf": "fr-CA", "cs": "cs", "dan": "da"},
    **{"fi": "fi", "es": "es", "fr": "fr", "de": "de", "el": "el", "it": "it", "nl": "nl", "no": "nb"},
    **{"pl": "pl", "pt": "pt", "ru": "ru", "ar": "ar", "ca": "ca", "sv": "sv", "tr": "tr"},
}
_TAG = re.compile(r"([A-Za-z]{2,3})(?:-[A-Za-z0-9]{2,8}){1,3}")


def _read_language(written: str, place: Place) -> str:
    known = _LANGUAGES.get(written.lower())
    if known is not None:
        return known
    # TwiML writes `en-US` and the like; the language decides, the region is the voice's business.
    tag = _TAG.fullmatch(written)
    if tag is None or tag[1].lower() not in {spoken.partition("-")[0] for spoken in _LANGUAGES.values()}:
        raise NotAllowed
    return written


def _read_voice(written: str, place: Place) -> Voice:
    if written in ("man", "woman"):
        return Voice(written)
    # Voices of TwiML documents; the server speaks with its own.
    if written == "alice" or written.startswith(("Polly.", "Google.")):
        return Voice.WOMAN
    raise NotAllowed


# SSML 1.1 sections 3.1 and 3.2: what may stand inside a spoken text. The text is kept, the wishes are not.
SSML = frozenset(
    {
        "speak",
        "p",
        "s",
        "token",
        "w",
        "say-as",
        "phoneme",
        "sub",
        "lang",
        "voice",
        "emphasis",
        "break",
        "prosody",
    }
)


@verb
class Say(Verb):
    """Speak a text.

    The text of SSML elements inside is spoken, their wishes are not followed. When the text cannot be
    spoken the call is hung up (13233).

    Example:
        <Response><Say voice="woman" language="en-gb" loop="2">Your table is ready.</Say></Response>

    TwiML: `alice`, `Polly.*` and `Google.*` are spoken by the server's own woman; `en-US` and other
    tags of a listed language are accepted.
    """

    voice: Voice = attr(
        "Who speaks.",
        default=Voice.MAN,
        kind=Kind("`man`, `woman` (also `alice`, `Polly.*`, `Google.*`)", _read_voice, empty_is_absent=False),
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
    provider: str | None = attr("The speech provider; the server's own choice when absent.", default=None)
    words: str = text("What is said; nothing when empty.", default="", absorbs=SSML)

    def prompt(self) -> Speech | None:
        """Return what the caller hears, None for an empty text."""
        if not self.words:
            return None
        return Speech(
            text=self.words,
            voice=self.voice,
            language=self.language,
            loops=self.loop,
            provider=self.provider,
        )

    async def execute(self, call: Call) -> Next:
        await call.answer()
        prompt = self.prompt()
        if prompt is not None:
            await call.say(prompt)
        return Flow.NEXT_VERB
