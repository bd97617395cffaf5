"""How many texts one source may send: a flood of one must not keep others out."""

from __future__ import annotations

from collections.abc import Callable

MOST_SOURCES = 10_000
"""Sources remembered; an attacker with more addresses is not held by counting them."""


class SourceRate:
    """Counts what each source sends in each second; time is an argument.

    ``limit`` returns the most of one second, 0 for no limit.
    """

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._second = 0
        self._counts: dict[str, int] = {}

    def admits(self, source: str, now: float) -> bool:
        """Count one more, and tell whether it may come in."""
        second = int(now)
        if second != self._second:
            self._second = second
            self._counts.clear()
        limit = self._limit()
        if not limit:
            return True
        count = self._counts.get(source, 0)
        if count < limit and len(self._counts) < MOST_SOURCES:
            self._counts[source] = count + 1
        return count < limit
