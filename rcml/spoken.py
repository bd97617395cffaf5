"""How documents write what is likely to be said, and in which language."""

from __future__ import annotations

import re

from rcml.errors import RcmlError
from rcml.language import LANGUAGE_TAG
from rcml.values import Kind, NotAllowed, Place

MAX_HINTS = 50
MAX_HINT_LENGTH = 100

OWN_VOICE = re.compile(r"[\w.:/@ +-]{1,100}")
"""The name of a voice of a provider's own."""


def _read_language(written: str, place: Place) -> str:
    if not LANGUAGE_TAG.fullmatch(written):
        raise NotAllowed
    return written


def _read_hints(written: str, place: Place) -> tuple[str, ...]:
    hints = tuple(hint.strip() for hint in written.split(",") if hint.strip())
    if len(hints) > MAX_HINTS:
        raise RcmlError(f"{len(hints)} hints: at most {MAX_HINTS} are allowed", place.line)
    for hint in hints:
        if len(hint) > MAX_HINT_LENGTH:
            what = f"a hint of {len(hint)} characters: at most {MAX_HINT_LENGTH} are allowed"
            raise RcmlError(what, place.line)
    return hints


LANGUAGE = Kind("language tag such as `en-US`", _read_language)
HINTS = Kind(f"phrases separated by commas, at most {MAX_HINTS} of {MAX_HINT_LENGTH} characters", _read_hints)
