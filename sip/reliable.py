"""Reliable provisional responses: RFC 3262."""

from __future__ import annotations

from typing import Final

from sip.header_values import RAck
from sip.message import Response
from sip.retransmission import Retransmission
from sip.timers import TimerValues

FIRST_RSEQ_LIMIT: Final = 2**31 - 1
"""The first RSeq of a transaction is drawn below it (section 3)."""


class ReliableResponses:
    """The UAS side: one response at a time waits for its PRACK, the others for their turn (section 3)."""

    __slots__ = ("_queue", "_rseq", "_values", "current", "retransmission")

    def __init__(self, first_rseq: int, values: TimerValues) -> None:
        self._rseq = first_rseq
        self._values = values
        self._queue: list[Response] = []
        self.current: Response | None = None
        """What was sent and not acknowledged."""
        self.retransmission: Retransmission | None = None

    def add(self, response: Response) -> None:
        """Number a response and put it in line."""
        response.headers.set("Require", "100rel")
        response.headers.set("RSeq", str(self._rseq))
        self._rseq += 1
        self._queue.append(response)

    def next(self, now: float) -> Response | None:
        """Return the response to send now, if none waits for its PRACK."""
        if self.current is not None or not self._queue:
            return None
        self.current = self._queue.pop(0)
        self.retransmission = Retransmission(now, self._values, capped=False)
        return self.current

    def acknowledge(self, rack: RAck) -> Response | None:
        """Return the response a PRACK acknowledges; None when it fits none (481)."""
        current = self.current
        if current is None or rack.method != current.cseq.method or rack.cseq_number != current.cseq.number:
            return None
        if current.rseq != rack.response_number:
            return None
        self.current = self.retransmission = None
        return current

    def has_description_waiting(self) -> bool:
        """Tell whether a response with a body is not acknowledged, so that a 2xx must wait (section 3)."""
        waiting = [*self._queue, *([self.current] if self.current is not None else [])]
        return any(response.body for response in waiting)

    def clear(self) -> None:
        """Forget everything: a final response was sent."""
        self._queue.clear()
        self.current = self.retransmission = None


class ReliableOrder:
    """The UAC side: which reliable provisional responses of one early dialog are new (section 4)."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: int | None = None

    def is_next(self, rseq: int) -> bool:
        """Take a response number; False for a repetition, and for one whose predecessor is missing."""
        if self._last is not None and rseq != self._last + 1:
            return False
        self._last = rseq
        return True
