"""What short texts meant lately: the messages of a call, and of a caller, repeat one another's values."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeVar

T = TypeVar("T")

KEPT_LENGTH: Final = 160
"""Characters of a value whose meaning is kept: what attackers send longer must not fill our memory."""
KEPT_VALUES: Final = 512
"""Values of each kind whose meaning is kept."""


def kept(parse: Callable[[str], T]) -> Callable[[str], T]:
    """Return ``parse`` with a memory of what short texts meant lately; values never change."""
    remembered = lru_cache(maxsize=KEPT_VALUES)(parse)
    return lambda text: remembered(text) if len(text) <= KEPT_LENGTH else parse(text)
