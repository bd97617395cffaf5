"""The noun ConversationRelay."""

from __future__ import annotations

from collections.abc import Iterator

from rcml.nouns.language import SPOKEN_LANGUAGE, Language, SpeechChoices
from rcml.nouns.parameter import Parameter
from rcml.nouns.stream import MAX_PARAMETERS
from rcml.relaying import (
    DEFAULT_LANGUAGE,
    DETECTED,
    Input,
    RelayLanguage,
    RelayNews,
    RelayRequest,
    Sensitivity,
)
from rcml.schema import attr, nested, noun
from rcml.values import Kind, NotAllowed, Place, WebSocketUrl

AUTO = "auto"
SHORTEST_PAUSE, LONGEST_PAUSE = 600, 5000
"""Milliseconds of silence that may end what a caller says."""


def _read_input(written: str, place: Place) -> Input:
    word = {"true": "any", "false": "none"}.get(written.lower(), written.lower())
    found = next((choice for choice in Input if choice.value == word), None)
    if found is None:
        raise NotAllowed
    return found


def _read_pause(written: str, place: Place) -> float | None:
    if written.lower() == AUTO:
        return None
    if not (written.isascii() and written.isdigit() and SHORTEST_PAUSE <= int(written[:9]) <= LONGEST_PAUSE):
        raise NotAllowed
    return int(written) / 1000


_INPUT = Kind("`any` (also `true`), `speech`, `dtmf`, `none` (also `false`)", _read_input)
_PAUSE = Kind(f"`{AUTO}`, or milliseconds from {SHORTEST_PAUSE} to {LONGEST_PAUSE}", _read_pause)


@noun()
class ConversationRelay(SpeechChoices):
    """A WebSocket that carries a conversation as text: the server listens and speaks.

    What the caller says is recognised and sent as text; the texts that the application answers are spoken,
    sentence by sentence, as soon as one is whole. The messages are those of Twilio's ConversationRelay; they
    are described in docs/howto/voice-agents.md.

    Example:
        <Connect action="/after">
          <ConversationRelay url="wss://agent.example.com/talk" welcomeGreeting="Good morning!"/>
        </Connect>

    TwiML: the URL may be `ws`; providers are the voices and recognisers of this server.
    """

    url: WebSocketUrl | None = attr("Where the application listens.", default=None)
    welcome_greeting: str = attr("Said as soon as the application is connected.", default="")
    welcome_greeting_language: str | None = attr(
        "Its language; that of all texts when absent.", default=None, kind=SPOKEN_LANGUAGE
    )
    welcome_greeting_interruptible: Input = attr(
        "What ends the greeting early.", default=Input.ANY, kind=_INPUT
    )
    language: str = attr("What both sides speak.", default=DEFAULT_LANGUAGE, kind=SPOKEN_LANGUAGE)
    tts_language: str | None = attr(
        "What the application's texts are in; `language` when absent.", default=None, kind=SPOKEN_LANGUAGE
    )
    transcription_language: str | None = attr(
        "What the caller speaks; `language` when absent.", default=None, kind=SPOKEN_LANGUAGE
    )
    interruptible: Input = attr("What the caller may interrupt a text with.", default=Input.ANY, kind=_INPUT)
    interrupt_sensitivity: Sensitivity = attr(
        "How soon speech interrupts: `high` at once, `medium` after 0.3 s of it, `low` after 0.6 s.",
        default=Sensitivity.HIGH,
    )
    ignore_backchannel: bool = attr(
        "Whether `yeah`, `uh-huh`, `okay` and the like interrupt nothing, and are not told, while the"
        " application speaks: in Dutch, English, French, German, Italian, Polish, Portuguese and Spanish,"
        " and mere sounds in all languages.",
        default=False,
    )
    report_input_during_agent_speech: Input = attr(
        "What the application is told of a caller who speaks, or presses keys, without interrupting.",
        default=Input.NONE,
        kind=_INPUT,
    )
    preemptible: bool = attr(
        "Whether the first text of the next answer ends the one being said.", default=False
    )
    dtmf_detection: bool = attr("Whether keys are told, and may interrupt.", default=False)
    partial_prompts: bool = attr(
        "Whether the application is told, with `last` false, what seems to have been said so far.",
        default=False,
    )
    speech_timeout: float | None = attr(
        "Silence that ends what the caller says; `auto` is 0.7 s.", default=None, kind=_PAUSE
    )
    events: tuple[RelayNews, ...] = attr("What else the application is told.", default=())
    debug: tuple[RelayNews, ...] = attr(
        "The older name of `events`; `debugging` is the server's own log.", default=()
    )
    languages: tuple[Language, ...] = nested("Languages with a voice of their own.", default=())
    parameters: tuple[Parameter, ...] = nested("Told to the application.", default=(), at_most=MAX_PARAMETERS)

    def remarks(self) -> Iterator[str]:
        written = (self.language, self.tts_language, self.transcription_language)
        if DETECTED in (*written, *(each.code for each in self.languages)):
            yield (
                f"<ConversationRelay>: languages are not found out here, {DEFAULT_LANGUAGE} is taken for "
                f"{DETECTED!r}; name the language, and change it with a language message"
            )

    def request(self) -> RelayRequest | None:
        """Return what is asked for, None without a URL; raises ``InvalidUrl``."""
        if self.url is None:
            return None
        return RelayRequest(
            url=self.url.absolute(),
            spoken=self._settings(self.tts_language or self.language),
            heard=self._settings(self.transcription_language or self.language),
            languages=tuple(each.settings(self.in_language(each.code)) for each in self.languages),
            greeting=self.welcome_greeting,
            greeting_language=self.welcome_greeting_language or "",
            greeting_interruptible=self.welcome_greeting_interruptible,
            interruptible=self.interruptible,
            sensitivity=self.interrupt_sensitivity,
            ignore_backchannel=self.ignore_backchannel,
            reported=self.report_input_during_agent_speech,
            preemptible=self.preemptible,
            keys=self.dtmf_detection,
            partial_prompts=self.partial_prompts,
            pause=self.speech_timeout,
            news=frozenset((*self.events, *self.debug)),
            parameters=tuple((each.name, each.value) for each in self.parameters if each.name),
        )

    def _settings(self, code: str) -> RelayLanguage:
        """Return how a language is spoken and heard: its own settings before those of the conversation."""
        common = self.in_language(code)
        own = next((each for each in self.languages if each.code.lower() == code.lower()), None)
        return common if own is None else own.settings(common)
