"""What a caller may be given to hear."""

from __future__ import annotations

from dataclasses import dataclass

from rcml.values import Voice


@dataclass(frozen=True, kw_only=True)
class Speech:
    """A text to be spoken."""

    text: str
    ssml: str = ""
    """The same with its markup, as the content of an SSML `speak` element; empty when it has none."""
    voice: Voice = Voice.MAN
    own_voice: str = ""
    """A voice of the provider's own, wanted instead; empty for none."""
    language: str = "en"
    """A language tag such as `en`, `en-GB` or `fr-BE` (BCP 47)."""
    loops: int = 1
    """How often; 0 is until it is stopped."""
    provider: str | None = None
    """The speech provider the document asks for; None leaves the choice to the server."""


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A sound file to be played."""

    url: str
    loops: int = 1
    """How often; 0 is until it is stopped."""


@dataclass(frozen=True)
class Silence:
    """A wait between two prompts."""

    seconds: float


Prompt = Speech | Sound | Silence
