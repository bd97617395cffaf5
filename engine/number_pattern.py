"""Patterns of numbers, as a configuration and the REST API write them."""

from __future__ import annotations

import re
from typing import Final

_LITERAL: Final = re.compile(r"\\([^0-9A-Za-z])|([^\\.^$*+?{}\[\]|()])")
"""A character of a pattern that stands for itself."""
_NO_OPERATOR: Final = re.compile(r"\\.|\[\^?\]?[^]]*\]")
"""What may hold a bar or a bracket that is none of the pattern's own."""
_GROUP: Final = re.compile(r"\([^()]*\)")


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a number pattern, in which ``*`` alone stands for any number.

    A ``*`` or ``+`` with nothing before it to repeat is the key or the plus sign itself, as people
    write ``*72.*`` for a feature code and ``+1555.*`` for a prefix. Raises ``re.error`` for what is
    still no pattern.
    """
    if pattern == "*":
        return re.compile(".*")
    return re.compile(re.sub(r"(^\^?|[(|])([*+])", r"\1\\\2", pattern))


def literal_prefix(pattern: str) -> str:
    r"""Return what every number that a pattern matches begins with, as far as its front says so plainly.

    ``\+1555.*`` says ``+1555``; ``.*``, ``[12].*`` and ``7777|8888`` say nothing.
    """
    written = compile_pattern(pattern).pattern.removeprefix("^")
    if _has_alternatives(written):
        return ""
    prefix, at = "", 0
    while (found := _LITERAL.match(written, at)) is not None:
        at = found.end()
        if written.startswith(("*", "?", "{"), at):
            break
        prefix += found[1] or found[2]
    return prefix


def _has_alternatives(written: str) -> bool:
    """Tell whether a bar outside all groups divides the pattern."""
    rest, groups = _NO_OPERATOR.sub("", written), 1
    while groups:
        rest, groups = _GROUP.subn("", rest)
    return "|" in rest
