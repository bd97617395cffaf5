"""Conversations relayed as text: what a document asks for, and how one ends."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from rcml.collecting import InputKind
from rcml.prompts import Speech
from rcml.values import Voice

DETECTED = "multi"
"""What TwiML writes for a language that the recogniser is to find out by itself."""
DEFAULT_LANGUAGE = "en-US"


class Input(enum.Enum):
    """What a caller may do that has an effect."""

    NONE = "none"
    DTMF = "dtmf"
    SPEECH = "speech"
    ANY = "any"

    def covers(self, kind: InputKind) -> bool:
        """Return whether keys, or speech, are meant."""
        return self is Input.ANY or self.value == kind.value


class Sensitivity(enum.Enum):
    """How soon speech interrupts."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class RelayNews(enum.Enum):
    """What an application may be told besides what it needs."""

    SPEAKERS = "speaker-events"
    TOKENS = "tokens-played"
    DEBUGGING = "debugging"


@dataclass(frozen=True, kw_only=True)
class RelayLanguage:
    """How one language is spoken and heard."""

    code: str = DEFAULT_LANGUAGE
    voice: Voice = Voice.WOMAN
    own_voice: str = ""
    """A voice of the provider's own, wanted instead; empty for none."""
    voice_provider: str | None = None
    recogniser: str | None = None
    hints: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        """The language tag; the default's for a language that is to be found out."""
        return DEFAULT_LANGUAGE if self.code == DETECTED else self.code

    def speech(self, text: str) -> Speech:
        """Return ``text`` as it is to be said."""
        return Speech(
            text=text,
            voice=self.voice,
            own_voice=self.own_voice,
            language=self.tag,
            provider=self.voice_provider,
        )


@dataclass(frozen=True, kw_only=True)
class RelayRequest:
    """A WebSocket to be opened, and how the conversation over it is held."""

    url: str
    spoken: RelayLanguage = RelayLanguage()
    """What the application's texts are said in, unless they name another language."""
    heard: RelayLanguage = RelayLanguage()
    """What the caller is expected to speak."""
    languages: tuple[RelayLanguage, ...] = ()
    """Those that have settings of their own."""
    greeting: str = ""
    greeting_language: str = ""
    """Empty: that of ``spoken``."""
    greeting_interruptible: Input = Input.ANY
    interruptible: Input = Input.ANY
    sensitivity: Sensitivity = Sensitivity.HIGH
    ignore_backchannel: bool = False
    """Whether a caller who only shows that they listen interrupts nothing."""
    reported: Input = Input.NONE
    """What is told of a caller who does not interrupt what is being said."""
    preemptible: bool = False
    """Whether the next answer ends the one that is being said."""
    keys: bool = False
    """Whether keys are told, and interrupt."""
    partial_prompts: bool = False
    pause: float | None = None
    """Seconds of silence that end what a caller says; None leaves them to the server."""
    news: frozenset[RelayNews] = frozenset()
    parameters: tuple[tuple[str, str], ...] = ()
    """Told to the application in the first message."""


class RelayStatus(enum.Enum):
    """How a conversation ended."""

    ENDED = "ended"
    """The application ended it."""
    COMPLETED = "completed"
    """The call was over, or was given something else to do."""
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class RelayEnd:
    """A conversation that is over."""

    sid: str
    status: RelayStatus
    duration: float = 0.0
    """Seconds from the first message to the end."""
    handoff: str | None = field(default=None, repr=False)
    """What the application hands to the one who goes on; None when it said nothing."""
    code: int | None = None
    """Why it failed, as a notification's number; None when it did not."""
    error: str = ""
