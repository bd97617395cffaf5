"""Who waits in a queue and who comes for them: the rules, without a call or a clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import count

SERVED_KEPT = 20
"""How many of the last hand-overs the estimate looks at."""


@dataclass(eq=False)
class Waiter:
    """One who waits to be taken, or waits to take somebody."""

    sid: str
    """The CallSid."""
    since: float
    """When they came, in seconds of the caller's clock."""
    priority: int = 0
    turn: int = field(default=0, compare=False)
    """The order of coming, which a waiter keeps when a hand-over fails."""


@dataclass(frozen=True)
class Match:
    """A caller and the agent who is to talk to them."""

    member: Waiter
    agent: Waiter


class Line:
    """Members in the order in which they are taken, and agents in the order in which they came.

    At most one of the two is not empty: whoever comes is matched at once. Time is an argument, in seconds of
    any monotonic clock.
    """

    def __init__(self, max_size: int) -> None:
        self.max_size = max_size
        self._members: list[Waiter] = []
        self._agents: list[Waiter] = []
        self._turns = count(1)
        self._handed_over: deque[float] = deque(maxlen=SERVED_KEPT)

    def __len__(self) -> int:
        return len(self._members)

    @property
    def empty(self) -> bool:
        """Whether nobody waits on either side."""
        return not self._members and not self._agents

    @property
    def members(self) -> tuple[Waiter, ...]:
        """Those who wait to be taken, the next one first."""
        return tuple(self._members)

    def is_full(self, most_waiting: int | None = None) -> bool:
        """Say whether who comes now is not let in; ``most_waiting`` is what they hold to be enough."""
        size = self.max_size if most_waiting is None else min(self.max_size, most_waiting)
        return len(self._members) >= size

    def enter(self, member: Waiter) -> Match | None:
        """Let a member wait, unless an agent does already. One who was in line before keeps their turn."""
        return self._come(member, self._members, self._agents)

    def attend(self, agent: Waiter) -> Match | None:
        """Let an agent wait, unless a member does already."""
        return self._come(agent, self._agents, self._members)

    def leave(self, waiter: Waiter) -> None:
        """Take somebody out who waits no more; nothing happens to one who does not wait."""
        for side in (self._members, self._agents):
            if waiter in side:
                side.remove(waiter)

    def connected(self, now: float) -> None:
        """Note that a hand-over succeeded."""
        self._handed_over.append(now)

    def _come(self, who: Waiter, side: list[Waiter], others: list[Waiter]) -> Match | None:
        who.turn = who.turn or next(self._turns)
        side.append(who)
        side.sort(key=_order)
        if not others:
            return None
        return Match(self._members.pop(0), self._agents.pop(0))

    def position(self, member: Waiter) -> int:
        """Return 1 for the next one to be taken; 0 for one who does not wait."""
        return self._members.index(member) + 1 if member in self._members else 0

    def average_wait(self, now: float) -> float:
        """Return how long those who wait now have waited, in seconds."""
        if not self._members:
            return 0.0
        return sum(now - member.since for member in self._members) / len(self._members)

    def estimated_wait(self, member: Waiter, now: float) -> float | None:
        """Return how many seconds are left for a member at the pace of the last hand-overs.

        None while there were fewer than two. A pause since the last one slows the pace down.
        """
        if len(self._handed_over) < 2:
            return None
        first, last = self._handed_over[0], self._handed_over[-1]
        gaps = len(self._handed_over) - 1
        pace = max((last - first) / gaps, (now - first) / (gaps + 1))
        return max(0.0, self.position(member) * pace - (now - last))


def _order(waiter: Waiter) -> tuple[int, int]:
    return waiter.priority, waiter.turn
