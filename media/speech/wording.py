"""What is to be spoken, and how: one value for every speech engine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

RATE, WIDE_RATE = 8000, 16_000
VOICES = ("man", "woman")


@dataclass(frozen=True, kw_only=True)
class Wording:
    """A text with the wishes of who wrote it; an engine follows those it understands."""

    text: str
    ssml: str = ""
    """The same as the content of an SSML 1.1 `speak` element, well-formed; empty without markup."""
    voice: str = "man"
    """One of ``VOICES``."""
    own_voice: str = ""
    """One of the engine's own voices by its name, wanted instead of ``voice``; empty for none."""
    language: str = "en"
    """A code of RCML or a BCP 47 tag; one that an engine does not speak is read as English."""
    wide: bool = False
    """Whether it is for somebody who hears wideband."""

    @property
    def rate(self) -> int:
        """How many samples a second are wanted."""
        return WIDE_RATE if self.wide else RATE

    def key(self, engine: str) -> str:
        """Return what the sound of this wording is kept under: the same for the same sound."""
        parts = [engine, self.voice, self.own_voice, self.language.lower(), self.text, self.ssml]
        parts += ["wide"] if self.wide else []
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
