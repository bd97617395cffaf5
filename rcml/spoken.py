"""How documents write what is likely to be said, in which language, and whose voice speaks."""

from __future__ import annotations

import re

from rcml.errors import RcmlError
from rcml.language import LANGUAGE_TAG
from rcml.values import Kind, NotAllowed, Place, Voice

MAX_HINTS = 50
MAX_HINT_LENGTH = 100

_OWN_VOICE = re.compile(r"[\w.:/@ +-]{1,100}")
"""The name of a voice of a provider's own."""


def read_voice(written: str, place: Place) -> Voice | str:
    """Return a voice of the server, or the name of one of a provider's own."""
    if written in ("man", "woman"):
        return Voice(written)
    if not _OWN_VOICE.fullmatch(written):
        raise NotAllowed
    return written


def _read_language(written: str, place: Place) -> str:
    if not LANGUAGE_TAG.fullmatch(written):
        raise NotAllowed
    return written


def _split_hints(written: str) -> tuple[str, ...]:
    return tuple(hint.strip() for hint in written.split(",") if hint.strip())


def _read_hints(written: str, place: Place) -> tuple[str, ...]:
    hints = _split_hints(written)
    if len(hints) > MAX_HINTS:
        raise RcmlError(f"{len(hints)} hints: at most {MAX_HINTS} are allowed", place.line)
    for hint in hints:
        if len(hint) > MAX_HINT_LENGTH:
            what = f"a hint of {len(hint)} characters: at most {MAX_HINT_LENGTH} are allowed"
            raise RcmlError(what, place.line)
    return hints


def _read_some_hints(written: str, place: Place) -> tuple[str, ...]:
    hints = _split_hints(written)
    usable = tuple(hint for hint in hints if len(hint) <= MAX_HINT_LENGTH)[:MAX_HINTS]
    if usable != hints:
        raise NotAllowed(instead=usable)
    return hints


LANGUAGE = Kind("language tag such as `en-US`", _read_language)
_ALLOWED_HINTS = f"phrases separated by commas, at most {MAX_HINTS} of {MAX_HINT_LENGTH} characters"
HINTS = Kind(_ALLOWED_HINTS, _read_hints)
"""More, or longer ones, make the document unusable, as in RCML."""
SOME_HINTS = Kind(f"{_ALLOWED_HINTS}; more are left out", _read_some_hints)
