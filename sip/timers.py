"""SIP timers: their letters and values (RFC 3261 table 4, RFC 6026), and tables of deadlines."""

from __future__ import annotations

import enum
import heapq
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar


class Timer(enum.StrEnum):
    """The timers of the transactions, by their letters."""

    TIMER_A = "Timer A"
    TIMER_B = "Timer B"
    TIMER_D = "Timer D"
    TIMER_E = "Timer E"
    TIMER_F = "Timer F"
    TIMER_G = "Timer G"
    TIMER_H = "Timer H"
    TIMER_I = "Timer I"
    TIMER_J = "Timer J"
    TIMER_K = "Timer K"
    TIMER_L = "Timer L"
    TIMER_M = "Timer M"
    LATE_TRYING = "late 100 (RFC 4320)"
    EXPIRY = "transaction expiry (RFC 4320)"


@dataclass(frozen=True, slots=True)
class TimerValues:
    """The three base values, in seconds, and what RFC 3261 table 4 makes of them."""

    t1: float = 0.5
    """Estimate of the round trip."""
    t2: float = 4.0
    """Longest interval between retransmissions of a non-INVITE request or an INVITE response."""
    t4: float = 5.0
    """Longest time a message remains in the network."""

    @property
    def transaction_timeout(self) -> float:
        """Timers B, F, H, J, L and M: 64*T1."""
        return 64 * self.t1

    @property
    def timer_d(self) -> float:
        """At least 32 s over datagrams, whatever T1 is (RFC 3261 section 17.1.1.2)."""
        return max(32.0, self.transaction_timeout)

    @property
    def late_trying(self) -> float:
        """The time a client's Timer E takes to be reset to T2 (RFC 4320 section 4.1): 3.5 s by default."""
        elapsed, interval = 0.0, self.t1
        while interval < self.t2:
            elapsed += interval
            interval = min(2 * interval, self.t2)
        return elapsed


Name = TypeVar("Name", bound=Hashable)


class TimerTable(Generic[Name]):
    """The running timers of one machine. Stopping forgets, so that a stopped timer cannot fire."""

    __slots__ = ("_deadlines",)

    def __init__(self) -> None:
        self._deadlines: dict[Name, float] = {}

    def start(self, name: Name, deadline: float) -> None:
        """Start or restart a timer."""
        self._deadlines[name] = deadline

    def stop(self, *names: Name) -> None:
        """Forget timers, running or not."""
        for name in names:
            self._deadlines.pop(name, None)

    def stop_all(self) -> None:
        """Forget every timer."""
        self._deadlines.clear()

    def next_deadline(self) -> float | None:
        """Return the earliest deadline."""
        return min(self._deadlines.values(), default=None)

    def pop_due(self, now: float) -> Name | None:
        """Forget and return the timer that was due first, when one is due."""
        if not self._deadlines:
            return None
        name = min(self._deadlines, key=self._deadlines.__getitem__)
        if self._deadlines[name] > now:
            return None
        del self._deadlines[name]
        return name

    def __contains__(self, name: Name) -> bool:
        return name in self._deadlines

    def __len__(self) -> int:
        return len(self._deadlines)


def earliest(*deadlines: float | None) -> float | None:
    """Return the first deadline of several machines; None when none of them has one."""
    first = None
    for deadline in deadlines:
        if deadline is not None and (first is None or deadline < first):
            first = deadline
    return first


class Schedule(Generic[Name]):
    """The next deadline of each of many machines; one heap, so that thousands cost little.

    A changed deadline leaves its old heap entry behind, emptied, so that it keeps no machine alive; the
    heap is rebuilt when more than half of it is empty.
    """

    __slots__ = ("_count", "_entries", "_heap")

    def __init__(self) -> None:
        self._entries: dict[Name, _Entry[Name]] = {}
        self._heap: list[tuple[float, int, _Entry[Name]]] = []
        self._count = 0

    def set(self, machine: Name, deadline: float | None) -> None:
        """Note when ``machine`` wants to be woken; None forgets it."""
        known = self._entries.get(machine)
        if known is not None:
            if known.deadline == deadline:
                return
            known.machine = None
        if deadline is None:
            self._entries.pop(machine, None)
            return
        entry = self._entries[machine] = _Entry(deadline, machine)
        # The running number keeps equal deadlines in order of arrival, and entries from being compared.
        self._count += 1
        heapq.heappush(self._heap, (deadline, self._count, entry))
        if len(self._heap) > 64 + 2 * len(self._entries):
            self._heap = [place for place in self._heap if place[2].machine is not None]
            heapq.heapify(self._heap)

    def next_deadline(self) -> float | None:
        """Return the earliest deadline."""
        while self._heap:
            if self._heap[0][2].machine is not None:
                return self._heap[0][0]
            heapq.heappop(self._heap)
        return None

    def pop_due(self, now: float) -> Name | None:
        """Forget and return the machine that was due first, when one is due."""
        deadline = self.next_deadline()
        if deadline is None or deadline > now:
            return None
        machine = heapq.heappop(self._heap)[2].machine
        assert machine is not None, "the first entry of the heap counts"
        del self._entries[machine]
        return machine

    def __len__(self) -> int:
        return len(self._entries)


class _Entry(Generic[Name]):
    """A place in the heap: a deadline and whose it is, None once it is out of date."""

    __slots__ = ("deadline", "machine")

    def __init__(self, deadline: float, machine: Name) -> None:
        self.deadline = deadline
        self.machine: Name | None = machine
