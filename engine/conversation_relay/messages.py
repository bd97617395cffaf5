"""The messages of a relayed conversation as they travel: those of Twilio's ConversationRelay.

Ours are made by the functions at the top; those of the application are read by :func:`read_message`, which
ignores fields that it does not know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rcml.language import LANGUAGE_TAG
from rcml.relaying import DETECTED, Input
from rcml.values import shortened

LONGEST_TOKEN: Final = 4096
"""Characters of one text, five minutes of speech: cutting it into sentences takes some milliseconds."""
LONGEST_HANDOFF: Final = 65_536
"""Characters that the `action` is sent."""
MOST_DIGITS: Final = 128
MOST_LOOPS: Final = 1000
_DIGITS = frozenset("0123456789ABCDabcd*#wW")


class MessageRefused(Exception):
    """A message of the application that cannot be used."""


@dataclass(frozen=True, slots=True)
class Text:
    """A part of an answer; the answer is complete with the ``last`` one."""

    token: str
    last: bool = False
    interruptible: Input | None = None
    """None: as the document says; so is ``preemptible``."""
    preemptible: bool | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Play:
    """A sound file to be heard."""

    source: str
    loops: int = 1
    """How often; 0 is until something else ends it."""
    interruptible: Input | None = None
    preemptible: bool | None = None


@dataclass(frozen=True, slots=True)
class SendDigits:
    """Keys to be pressed towards the caller."""

    digits: str


@dataclass(frozen=True, slots=True)
class ChangeLanguage:
    """What is spoken, and what is expected of the caller, from now on; None leaves it."""

    spoken: str | None
    heard: str | None


@dataclass(frozen=True, slots=True)
class End:
    """The conversation is over."""

    handoff: str | None


Message = Text | Play | SendDigits | ChangeLanguage | End


def setup(told: Mapping[str, str], parameters: Mapping[str, str]) -> str:
    """Return the first message: what conversation and call these are."""
    return _text({"type": "setup", **told, "customParameters": dict(parameters)})


def prompt(words: str, language: str, *, last: bool) -> str:
    """Return what the caller said; without ``last`` what they seem to have said so far."""
    return _text({"type": "prompt", "voicePrompt": words, "lang": language, "last": last})


def dtmf(key: str) -> str:
    """Return a key that the caller pressed."""
    return _text({"type": "dtmf", "digit": key})


def interrupt(heard: str, milliseconds: int) -> str:
    """Return that the caller interrupted, what they had heard of the answer, and for how long."""
    told = {"utteranceUntilInterrupt": heard, "durationUntilInterruptMs": milliseconds}
    return _text({"type": "interrupt", **told})


def error(description: str) -> str:
    """Return what is wrong with a message of the application."""
    return _text({"type": "error", "description": description})


def news(name: str, value: str, milliseconds: int) -> str:
    """Return what happens to the sound, at so many milliseconds of Unix time."""
    return _text({"type": "info", "name": name, "value": value, "ts": milliseconds})


def read_message(text: str) -> Message:
    """Read a message of the application; raises :exc:`MessageRefused`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as problem:
        why = f"a message that is no JSON: {shortened(text)!r} ({shortened(str(problem))})"
        raise MessageRefused(why) from None
    kind = found.get("type") if isinstance(found, dict) else None
    if not isinstance(kind, str):
        why = f'a message without "type": {shortened(text)!r}; send an object as {{"type": "text", ...}}'
        raise MessageRefused(why)
    match kind:
        case "text":
            return _read_text(found)
        case "play":
            return _read_play(found)
        case "sendDigits":
            return SendDigits(_read_digits(found))
        case "language":
            spoken, heard = _language(found, "ttsLanguage"), _language(found, "transcriptionLanguage")
            if spoken is None and heard is None:
                raise MessageRefused("a language message without ttsLanguage and transcriptionLanguage")
            return ChangeLanguage(spoken, heard)
        case "end":
            return End(_read_handoff(found))
    why = f"type {shortened(kind)} is not known; it may be text, play, sendDigits, language or end"
    raise MessageRefused(why)


def _read_text(found: Mapping[str, Any]) -> Text:
    token = _string(found, "text", "token")
    if len(token) > LONGEST_TOKEN:
        raise MessageRefused(f"a token of {len(token)} characters: send at most {LONGEST_TOKEN} at a time")
    return Text(
        token=token,
        last=_flag(found, "last") or False,
        interruptible=_input(found),
        preemptible=_flag(found, "preemptible"),
        language=_language(found, "lang"),
    )


def _read_play(found: Mapping[str, Any]) -> Play:
    loops = found.get("loop", 1)
    if isinstance(loops, bool) or not isinstance(loops, int) or not 0 <= loops <= MOST_LOOPS:
        raise MessageRefused(f"loop {_shown(loops)}: allowed is a number from 0 to {MOST_LOOPS}")
    source = _string(found, "play", "source")
    return Play(source, loops, _input(found), _flag(found, "preemptible"))


def _read_digits(found: Mapping[str, Any]) -> str:
    digits = _string(found, "sendDigits", "digits")
    if not 0 < len(digits) <= MOST_DIGITS or not _DIGITS.issuperset(digits):
        allowed = f"allowed are up to {MOST_DIGITS} of 0-9 A-D * # and w, which waits half a second"
        raise MessageRefused(f"digits {_shown(digits)}: {allowed}")
    return digits


def _read_handoff(found: Mapping[str, Any]) -> str | None:
    handoff = found.get("handoffData")
    if handoff is not None and not isinstance(handoff, str):
        # Twilio wants a string; what was meant by an object is the JSON of it.
        handoff = json.dumps(handoff)
    if handoff is not None and len(handoff) > LONGEST_HANDOFF:
        raise MessageRefused(
            f"handoffData of {len(handoff)} characters: at most {LONGEST_HANDOFF} are sent on"
        )
    return handoff


def _string(found: Mapping[str, Any], kind: str, name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str):
        raise MessageRefused(f"a {kind} message without {name}, which is a string")
    # JSON may hold half of a surrogate pair, which nothing else can carry.
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def _flag(found: Mapping[str, Any], name: str) -> bool | None:
    value = found.get(name)
    if value is not None and not isinstance(value, bool):
        raise MessageRefused(f"{name} {_shown(value)}: allowed are true and false")
    return value


def _input(found: Mapping[str, Any]) -> Input | None:
    value = found.get("interruptible")
    if value is None:
        return None
    if isinstance(value, bool):
        return Input.ANY if value else Input.NONE
    for choice in Input:
        if value == choice.value:
            return choice
    raise MessageRefused(
        f"interruptible {_shown(value)}: allowed are true, false, any, speech, dtmf and none"
    )


def _language(found: Mapping[str, Any], name: str) -> str | None:
    value = found.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or (value != DETECTED and not LANGUAGE_TAG.fullmatch(value)):
        raise MessageRefused(f"{name} {_shown(value)}: allowed is a language tag such as en-US")
    return value


def _shown(value: object) -> str:
    return shortened(repr(value))


def _text(message: Mapping[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))
