"""When the UAS core repeats a response: a 2xx (RFC 3261 section 13.3.1.4), a reliable 1xx (RFC 3262)."""

from __future__ import annotations

import enum

from sip.timers import TimerValues


class Due(enum.Enum):
    """What to do now."""

    RESEND = "resend"
    GIVE_UP = "give up"


class Retransmission:
    """Says when to repeat a response that nobody has acknowledged, and when to give up: after 64*T1."""

    __slots__ = ("_cap", "_give_up_at", "_interval", "_resend_at")

    def __init__(self, now: float, values: TimerValues, *, capped: bool) -> None:
        self._interval = values.t1
        self._cap = values.t2 if capped else float("inf")
        """A 2xx is repeated every T2 at the slowest; for a reliable 1xx the interval doubles without end."""
        self._resend_at = now + self._interval
        self._give_up_at = now + values.transaction_timeout

    def next_deadline(self) -> float:
        """Return when :meth:`due` has something to say."""
        return min(self._resend_at, self._give_up_at)

    def due(self, now: float) -> Due | None:
        """Return what is due, and count on from there."""
        if now >= self._give_up_at:
            return Due.GIVE_UP
        if now < self._resend_at:
            return None
        self._interval = min(2 * self._interval, self._cap)
        self._resend_at = now + self._interval
        return Due.RESEND
