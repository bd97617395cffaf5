"""What one client may run up, calls at once and a minute: a stolen password costs little (toll fraud)."""

from __future__ import annotations

from collections import Counter, deque

MINUTE = 60.0


class ClientLimits:
    """Counts the calls of each client that proved who it is; time is an argument.

    A limit of 0 is none. A call refused here is counted by nobody.
    """

    def __init__(self, at_once: int = 0, a_minute: int = 0) -> None:
        self.at_once = at_once
        self.a_minute = a_minute
        self._live: Counter[str] = Counter()
        self._begun: dict[str, deque[float]] = {}

    def refusal(self, login: str, now: float) -> str | None:
        """Return why this client may not call now, or None and count the call's beginning."""
        if self.at_once and self._live[login] >= self.at_once:
            return "calls_per_client"
        begun = self._begun.setdefault(login, deque())
        while begun and begun[0] <= now - MINUTE:
            begun.popleft()
        if self.a_minute and len(begun) >= self.a_minute:
            return "calls_per_client_per_minute"
        begun.append(now)
        return None

    def started(self, login: str) -> None:
        """A call of this client is up."""
        self._live[login] += 1

    def ended(self, login: str) -> None:
        """It is over."""
        self._live[login] -= 1
        if not self._live[login]:
            del self._live[login]
