"""Which calls are let in: limits on how many, how fast, and none while draining or without a store."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class Admission:
    """Counts live calls and arrivals; time is an argument.

    A refused call costs the caller a 503 with Retry-After; calls that are up are never touched.
    """

    def __init__(
        self,
        max_calls: int = 0,
        calls_per_second: float = 0.0,
        *,
        store_healthy: Callable[[], bool] = lambda: True,
    ) -> None:
        self.max_calls = max_calls
        """Live calls at once; 0 for no limit of ours (ports and memory still limit)."""
        self.calls_per_second = calls_per_second
        """Arrivals in any second; 0 for no limit."""
        self.draining = False
        self.live = 0
        self._store_healthy = store_healthy
        self._arrivals: deque[float] = deque()

    def closed(self, now: float, *, ours: bool = False) -> str | None:
        """Return why no call is let in at ``now``, or None. One of ``ours`` is how a live call goes on."""
        while self._arrivals and self._arrivals[0] <= now - 1.0:
            self._arrivals.popleft()
        if self.draining and not ours:
            return "draining"
        if self.max_calls and self.live >= self.max_calls:
            return "max_calls"
        if self.calls_per_second and len(self._arrivals) >= self.calls_per_second:
            return "calls_per_second"
        return None if self._store_healthy() else "store"

    def refusal(self, now: float, *, ours: bool = False) -> str | None:
        """As :meth:`closed`; a call that is let in is counted as an arrival."""
        why = self.closed(now, ours=ours)
        if why is None and self.calls_per_second:
            self._arrivals.append(now)
        return why

    def take_back(self) -> None:
        """Forget the last arrival: it was told to come again with credentials."""
        if self._arrivals:
            self._arrivals.pop()
