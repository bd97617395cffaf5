"""Patterns of numbers, as a configuration and the REST API write them."""

import re


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a number pattern, in which ``*`` alone stands for any number.

    A ``*`` or ``+`` with nothing before it to repeat is the key or the plus sign itself, as people
    write ``*72.*`` for a feature code and ``+1555.*`` for a prefix. Raises ``re.error`` for what is
    still no pattern.
    """
    if pattern == "*":
        return re.compile(".*")
    return re.compile(re.sub(r"(^\^?|[(|])([*+])", r"\1\\\2", pattern))
