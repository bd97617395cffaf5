"""What ``/metrics`` leaves to its reader: how many calls there were at most, and how long lately."""

from __future__ import annotations

from collections import Counter, deque

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


class CallCounts:
    """Counts the legs of one daemon by direction; times are those of one clock that never goes back."""

    def __init__(self) -> None:
        self.live: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        """The most legs of a direction that ever lived at once."""
        self.most_outgoing = 0
        self.most_in_all = 0
        self._talks: deque[_Minute] = deque()

    def started(self, direction: str) -> None:
        """Count one more live leg."""
        self.live[direction] += 1
        self.most[direction] = max(self.most[direction], self.live[direction])
        in_all = self.live.total()
        self.most_in_all = max(self.most_in_all, in_all)
        self.most_outgoing = max(self.most_outgoing, in_all - self.live["inbound"])

    def ended(self, direction: str, talked: float | None, now: float) -> None:
        """Count one live leg less; ``talked``: the seconds since its answer, None when there was none."""
        self.live[direction] -= 1
        if talked is None:
            return
        begun = now - now % MINUTE
        if not self._talks or self._talks[-1].begun != begun:
            self._talks.append(_Minute(begun))
        self._talks[-1].add(talked)
        while self._talks[0].begun <= now - DAY - MINUTE:
            self._talks.popleft()

    def mean_talk(self, within: float, now: float) -> float:
        """Return the mean seconds of the talks that ended in the last ``within`` seconds; 0 without any.

        They are kept by the minute, for a day.
        """
        lately = [each for each in self._talks if each.begun > now - within - MINUTE]
        times = sum(each.times for each in lately)
        return sum(each.seconds for each in lately) / times if times else 0.0


class _Minute:
    """The talks that ended in one minute."""

    __slots__ = ("begun", "seconds", "times")

    def __init__(self, begun: float) -> None:
        self.begun = begun
        self.seconds = 0.0
        self.times = 0

    def add(self, talked: float) -> None:
        self.seconds += talked
        self.times += 1
