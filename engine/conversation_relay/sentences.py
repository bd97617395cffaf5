"""Cutting an answer that comes token by token into sentences, each as soon as it is whole."""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 600
"""Characters: a longer sentence is cut at a comma or a blank, where a breath is least missed."""
FIRST: Final = 50
"""Characters after which an answer may begin with a part of a sentence, so that it is heard early."""
LONGEST_WORD: Final = 20
"""Characters that are looked at for an abbreviation."""

# A stop and the quotes or brackets that it stands in, before a blank; stops that need none; a new line.
_STOP = re.compile(r"(?<![.!?…؟।])([.!?…؟।]+)[\"'”’»)\]]*(?=\s)|[。！？]+|\n")  # noqa: RUF001
_CLAUSE = re.compile(r"[,;:](?=\s)|[、，；：]")  # noqa: RUF001
_LAST_WORD = re.compile(r"([\w.]+)$")
_NUMBER_OF_A_LIST = re.compile(r"\s*\d+")
_ABBREVIATIONS = frozenset(
    (
        *("mr", "mrs", "ms", "dr", "prof", "sr", "jr", "st", "rev", "hon", "vs", "approx", "ext", "tel"),
        *("e.g", "i.e", "a.m", "p.m", "u.s", "bzw", "z.b", "ca", "nr", "sra", "srta", "mme", "mlle"),
    )
)


class SentenceCutter:
    """Takes tokens and gives sentences; a sentence is whole when a blank follows its stop."""

    def __init__(self) -> None:
        self._held = ""
        self._begun = False
        """Whether a part of the answer was given already."""

    @property
    def holds(self) -> bool:
        """Whether there are words that no sentence was made of."""
        return bool(self._held.strip())

    def add(self, token: str) -> list[str]:
        """Return the sentences that are whole now."""
        self._held += token
        found: list[str] = []
        at = 0
        while (end := self._end_after(at)) is not None:
            sentence = self._held[at:end].strip()
            at = end
            if sentence:
                found.append(sentence)
                self._begun = True
        self._held = self._held[at:]
        return found

    def rest(self) -> str:
        """Return what is left at the end of the answer; the next token begins another."""
        rest, self._held = self._held.strip(), ""
        self._begun = False
        return rest

    def _end_after(self, at: int) -> int | None:
        """Return where the sentence ends that begins at ``at``; None while that is not known."""
        while at < len(self._held) and self._held[at].isspace():
            at += 1
        for stop in _STOP.finditer(self._held, at, at + LONGEST):
            if stop[1] != "." or not self._goes_on(at, stop.start()):
                return stop.end()
        if len(self._held) - at > LONGEST:
            return self._breath(at)
        if not self._begun:
            clause = _CLAUSE.search(self._held, at + FIRST)
            return clause.end() if clause else None
        return None

    def _goes_on(self, begin: int, stop: int) -> bool:
        """Say whether a full stop belongs to a word: an abbreviation, an initial, the number of a list."""
        before = self._held[max(begin, stop - LONGEST_WORD) : stop]
        if stop - begin < LONGEST_WORD and _NUMBER_OF_A_LIST.fullmatch(before):
            return True
        word = _LAST_WORD.search(before)
        if word is None:
            return False
        return word[1].lower() in _ABBREVIATIONS or (
            len(word[1]) == 1 and word[1].isupper() and word[1] != "I"
        )

    def _breath(self, at: int) -> int:
        clauses = [clause.end() for clause in _CLAUSE.finditer(self._held, at + FIRST, at + LONGEST)]
        blank = self._held.rfind(" ", at + FIRST, at + LONGEST)
        return clauses[-1] if clauses else blank if blank > 0 else at + LONGEST
