"""Cutting a long text into pieces that are spoken one after another, so that others get their turn."""

from __future__ import annotations

import re
from collections.abc import Iterator

SHORTEST = 120
"""Characters: sentences are put together up to here, about eight seconds of speech."""
FIRST = 50
"""Characters of the first piece, about three seconds: so soon is it heard, even when many begin at once."""
LONGEST = 600
"""Characters: a longer sentence is cut at a comma or a blank, where a breath is least missed."""

# A stop before a capital letter, and after a word long enough to be no abbreviation such as "Dr." or "No.".
_SENTENCE_END = re.compile(r"(?<=\w{4}[.!?…؟।])\s+(?=[^\W\d_a-z])|(?<=[。！？])|\n\s*\n")  # noqa: RUF001
_CLAUSE_END = re.compile(r"(?<=[,;:、，；：])\s*")  # noqa: RUF001
_SENTENCE_TAGS = frozenset({"<p>", "<s>", "</p>", "</s>"})
_TAG = re.compile(r"<(/?)[^<>]*?(/?)>")


def text_pieces(text: str) -> list[str]:
    """Return ``text`` in pieces that end where sentences do."""
    return _joined(_SENTENCE_END.split(text))


def ssml_pieces(markup: str) -> list[str]:
    """Return SSML in pieces that are well-formed each: it is cut outside of all elements only."""
    parts: list[str] = []
    inside = ""
    for part, outside in _tokens(markup):
        if part in _SENTENCE_TAGS and outside:
            # Paragraphs and sentences that are marked up begin and end a piece.
            begins = part[1] != "/"
            parts.append(inside if begins else inside + part)
            inside = part if begins else ""
            continue
        first, *others = _SENTENCE_END.split(part) if outside else [part]
        inside += first
        for sentence in others:
            parts.append(inside)
            inside = sentence
    parts.append(inside)
    return _joined(parts, cut=False)


def _tokens(markup: str) -> Iterator[tuple[str, bool]]:
    """Yield tags and texts, and whether they stand, begin or end outside of all elements."""
    depth, at = 0, 0
    for tag in _TAG.finditer(markup):
        if tag.start() > at:
            yield markup[at : tag.start()], depth == 0
        before = depth
        depth += 0 if tag[2] else -1 if tag[1] else 1
        yield tag[0], min(before, depth) == 0
        at = tag.end()
    yield markup[at:], depth == 0


def _joined(parts: list[str], *, cut: bool = True) -> list[str]:
    pieces: list[str] = []
    held = ""
    for part in parts:
        held = f"{held} {part}" if held else part
        if len(held) >= (SHORTEST if pieces else FIRST):
            pieces += _cut(held) if cut else [held]
            held = ""
    pieces.append(held)
    return [piece.strip() for piece in pieces if piece.strip()]


def _cut(sentence: str) -> Iterator[str]:
    while len(sentence) > LONGEST:
        clauses = [found.end() for found in _CLAUSE_END.finditer(sentence, SHORTEST, LONGEST)]
        blank = sentence.rfind(" ", SHORTEST, LONGEST)
        at = clauses[-1] if clauses else blank if blank > 0 else LONGEST
        yield sentence[:at]
        sentence = sentence[at:]
    yield sentence
