"""What the embedded recogniser may hear, as a network of words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from media.speech.phrases import DIGITS, spoken_forms

SHORT_ANSWERS = ("yes", "no")
"""What is listened for, besides digits, when no phrases are given."""

MOST_FORMS = 16
"""Ways to say one phrase that are listened for; a phrase full of numbers has more."""

ANOTHER = 0.01
"""How much less likely another digit is than the end of the row: else noise becomes digits."""

Arc = tuple[int, int, float, str]
"""From state, to state, probability, word."""


@dataclass(frozen=True)
class PhraseNetwork:
    """States from 0 to ``last``, which is the end of every phrase, and the arcs between them."""

    last: int
    arcs: tuple[Arc, ...]
    written: dict[tuple[str, ...], str]
    """Spoken words, and the phrase as it was written; digits in a row are not in it."""
    left_out: tuple[str, ...] = ()
    """Phrases with a word that the dictionary lacks."""
    digits: bool = False
    """Whether any row of digits may be said too."""

    def phrase(self, words: Sequence[str]) -> str:
        """Return the phrase that ``words`` say; empty when they are only a part of one, or none."""
        spoken = tuple(words)
        if self.digits and spoken and all(word in DIGITS for word in spoken):
            return " ".join(spoken)
        return self.written.get(spoken, "")


def build_network(phrases: Sequence[str], known: Callable[[str], bool]) -> PhraseNetwork:
    """Return a network of ``phrases``, or one of yes, no and digits when there are none."""
    written: dict[tuple[str, ...], str] = {}
    left_out = []
    for phrase in phrases:
        forms = [form for form in spoken_forms(phrase)[:MOST_FORMS] if all(known(word) for word in form)]
        for form in forms:
            written.setdefault(form, phrase)
        if not forms:
            left_out.append(phrase)
    if phrases:
        chains, last = _chains(written)
        return PhraseNetwork(last, _normalised(chains), written, tuple(left_out))
    answers: dict[tuple[str, ...], str] = {(word,): word for word in SHORT_ANSWERS}
    arcs = [(0, 2, 1.0, words[0]) for words in answers]
    for digit in DIGITS:
        arcs += [(0, 1, ANOTHER, digit), (0, 2, 1.0, digit), (1, 1, ANOTHER, digit), (1, 2, 1.0, digit)]
    return PhraseNetwork(2, _normalised(arcs), answers, digits=True)


def _normalised(arcs: Sequence[Arc]) -> tuple[Arc, ...]:
    """Return the arcs with probabilities that add up to one in every state."""
    sums: dict[int, float] = {}
    for start, _, weight, _ in arcs:
        sums[start] = sums.get(start, 0.0) + weight
    return tuple((start, end, weight / sums[start], word) for start, end, weight, word in arcs)


def _chains(written: dict[tuple[str, ...], str]) -> tuple[list[Arc], int]:
    """Return one chain of arcs from the first state to the last for each way of speaking."""
    last = 1 + sum(len(form) - 1 for form in written)
    arcs: list[Arc] = []
    fresh = iter(range(1, last))
    for form in written:
        at = 0
        for number, word in enumerate(form):
            to = last if number == len(form) - 1 else next(fresh)
            arcs.append((at, to, 1.0, word))
            at = to
    return arcs, last
