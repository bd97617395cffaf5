"""Phrases as they are written, and the words in which they are spoken (English)."""

from __future__ import annotations

import re
import unicodedata

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

_TOKEN = re.compile(r"[0-9]+|[a-z]+(?:'[a-z]+)*|&")


def spoken_forms(phrase: str) -> list[tuple[str, ...]]:
    """Return how ``phrase`` may be said, as words in lower case; nothing when it has no word.

    A number below 100 may be said as one, every number digit by digit.
    """
    plain = unicodedata.normalize("NFKD", phrase.replace("\u2019", "'").lower())
    tokens = _TOKEN.findall("".join(char for char in plain if not unicodedata.combining(char)))
    forms: list[tuple[str, ...]] = [()] if tokens else []
    for token in tokens:
        forms = [(*form, *words) for words in _words_of(token) for form in forms]
    return forms


def _words_of(token: str) -> list[tuple[str, ...]]:
    if token == "&":
        return [("and",)]
    if not token.isdigit():
        return [(token,)]
    one_by_one = tuple(DIGITS[int(digit)] for digit in token)
    if len(token) != 2 or token[0] == "0":
        return [one_by_one]
    return [_cardinal(int(token)), one_by_one]


def _cardinal(number: int) -> tuple[str, ...]:
    if number < 20:
        return (_TEENS[number - 10],)
    tens, unit = divmod(number, 10)
    return (_TENS[tens - 2], DIGITS[unit]) if unit else (_TENS[tens - 2],)
