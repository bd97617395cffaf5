"""What somebody says to show that they are listening, and does not mean to interrupt with."""

from __future__ import annotations

import re
from typing import Final

LONGEST_FRAMES: Final = 50
"""Frames of 20 ms, a second: what lasts longer, and whose words are not known yet, is more than that."""

_SOUNDS = "ah, aha, hm, hmm, huh, m, mhm, mm, mmm, mm hm, mm hmm, oh, ok, okay, uh, uh huh, um"
_PHRASES = {
    "de": "ach so, alles klar, genau, gut, ja, jaja, jawohl, klar, richtig, stimmt, verstehe",
    "en": "all right, alright, cool, fine, go on, got it, great, i see, right, sure, yeah, yep, yes, yup",
    "es": "ajá, bien, bueno, claro, entiendo, sí, si, vale, ya, ya veo",
    "fr": "ah bon, bien, bien sûr, d accord, entendu, hum, je vois, oui, ouais, très bien, voilà",
    "it": "bene, capisco, capito, certo, ho capito, sì, si, va bene",
    "nl": "goed, ik snap het, ja, juist, oké, precies, prima",
    "pl": "aha, dobrze, jasne, no, rozumiem, tak",
    "pt": "aham, certo, claro, entendi, isso, sim, tá, tá bom, uhum",
}
"""By language; their sounds are much the same in all."""
_WORD = re.compile(r"\w+")


def _read(phrases: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(_WORD.findall(phrase)) for phrase in phrases.split(","))


_IN_ALL = _read(_SOUNDS)
_KNOWN = {language: _IN_ALL | _read(phrases) for language, phrases in _PHRASES.items()}
_MOST_WORDS = max(len(phrase) for known in _KNOWN.values() for phrase in known)


def is_backchannel(words: str, language: str) -> bool:
    """Say whether all that was said is such phrases; ``language`` is a tag. No words are none."""
    known = _KNOWN.get(language.partition("-")[0].lower(), _IN_ALL)
    said = _WORD.findall(words.casefold())
    place = 0
    while place < len(said):
        # The longest first: what a phrase begins with may be one of its own.
        length = next(
            (most for most in range(_MOST_WORDS, 0, -1) if tuple(said[place : place + most]) in known), 0
        )
        if not length:
            return False
        place += length
    return bool(said)
