"""What one client or account may run up, calls at once and in a while: a stolen password costs little."""

from __future__ import annotations

from collections import Counter, deque

MINUTE, SECOND = 60.0, 1.0


class CallLimits:
    """Counts the calls of each party by its name (a login, an account's sid); time is an argument.

    A limit of 0 is none. A call refused here is counted by nobody.
    """

    def __init__(self, at_once: int = 0, in_a_while: int = 0, while_lasts: float = MINUTE) -> None:
        self.at_once = at_once
        self.in_a_while = in_a_while
        """New calls in any ``while_lasts`` seconds."""
        self._while_lasts = while_lasts
        self._live: Counter[str] = Counter()
        self._begun: dict[str, deque[float]] = {}

    def refusal(self, name: str, now: float) -> str | None:
        """Return which limit keeps this party from calling now, or None and count the call's beginning."""
        if self.at_once and self._live[name] >= self.at_once:
            return "at_once"
        if not self.in_a_while:
            return None
        begun = self._begun.setdefault(name, deque())
        while begun and begun[0] <= now - self._while_lasts:
            begun.popleft()
        if len(begun) >= self.in_a_while:
            return "in_a_while"
        begun.append(now)
        return None

    def started(self, name: str) -> None:
        """A call of this party is up."""
        self._live[name] += 1

    def ended(self, name: str) -> None:
        """It is over."""
        self._live[name] -= 1
        if not self._live[name]:
            del self._live[name]
