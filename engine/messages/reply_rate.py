"""How fast documents may answer texts between the same two parties: two that answer each other never end."""

from __future__ import annotations

MOST_REPLIES = 30
"""Replies in a row between two parties, as Twilio allows (its error 14107)."""

REST = 30.0
"""Seconds between two replies after which they are counted anew."""

MOST_PAIRS = 10_000
"""Pairs that are remembered; the one that has rested longest is forgotten first."""


class ReplyRate:
    """Counts the replies between each two parties, in both directions; time is an argument.

    A reply that is not admitted does not count: a loop ends by it, and people who write fast go on later.
    """

    def __init__(self) -> None:
        self._pairs: dict[frozenset[str], tuple[int, float]] = {}

    def admits(self, one: str, other: str, now: float) -> bool:
        """Count a reply, and tell whether it may be sent."""
        pair = frozenset((one, other))
        count, last = self._pairs.pop(pair, (0, now))
        count = 0 if now - last >= REST else count
        admitted = count < MOST_REPLIES
        # The newest stands last.
        self._pairs[pair] = (count + 1, now) if admitted else (count, last)
        if len(self._pairs) > MOST_PAIRS:
            del self._pairs[next(iter(self._pairs))]
        return admitted
