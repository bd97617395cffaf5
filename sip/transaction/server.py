"""Non-INVITE server transaction: RFC 3261 section 17.2.2 as amended by RFC 4320.

Read ``TRANSITIONS`` beside Figure 8. RFC 4320 takes the provisional responses away from the transaction user:
the only one is a 100 that the transaction sends by itself once the client has slowed down to T2, and a
request nobody answers in 64*T1 ends without any response, never with 408. A pair of state and event that has
no row is an input the RFCs tell us to drop in silence.
"""

from __future__ import annotations

import enum
from typing import Final

from sip.errors import UsageError
from sip.message import Request, Response
from sip.timers import Timer, TimerValues
from sip.transaction.effects import Effect
from sip.transaction.machine import Row, TransactionMachine, events_of_timers


class State(enum.StrEnum):
    """The states of Figure 8."""

    TRYING = "Trying"
    PROCEEDING = "Proceeding"
    COMPLETED = "Completed"
    TERMINATED = "Terminated"


class Event(enum.StrEnum):
    """What can happen to the transaction."""

    REQUEST = "request"
    FINAL = "200-699 from TU"
    LATE_TRYING = Timer.LATE_TRYING.value
    EXPIRY = Timer.EXPIRY.value
    TIMER_J = Timer.TIMER_J.value
    TRANSPORT_ERROR = "transport error"


_EVENTS: Final = events_of_timers(Event)


class ServerTransaction(TransactionMachine[State, Event]):
    """Answers one request other than INVITE and ACK, and absorbs its retransmissions."""

    __slots__ = ("_response",)

    def __init__(self, request: Request, *, reliable: bool, values: TimerValues) -> None:
        super().__init__(request, reliable=reliable, values=values, state=State.TRYING)
        self._response: Response | bytes | None = None

    def start(self, now: float) -> list[Effect]:
        """Note when the request arrived; called once, first."""
        self._effects, self._now = [], now
        self._start(Timer.LATE_TRYING, self._values.late_trying)
        self._start(Timer.EXPIRY, self._values.transaction_timeout)
        return self._effects

    def receive_request(self, request: Request, now: float) -> list[Effect]:
        """Take a retransmission of the request."""
        return self._fire(Event.REQUEST, now, request)

    def respond(self, response: Response, now: float) -> list[Effect]:
        """Take the final response from the transaction user."""
        if response.status < 200 or response.status == 408:
            raise UsageError(
                f"{response.status}: RFC 4320 allows neither a provisional response nor 408 to a request "
                "other than INVITE; send another final response"
            )
        return self._fire(Event.FINAL, now, response)

    def settle(self, sent: bytes) -> None:
        """Keep of what was said no more than the final response, as octets, for repetitions."""
        self._request, self._response = None, sent

    def receive_transport_error(self, now: float) -> list[Effect]:
        """Learn that a response could not be sent."""
        return self._fire(Event.TRANSPORT_ERROR, now)

    def _row(self, event: Event) -> Row[State, ServerTransaction] | None:
        return TRANSITIONS.get((self.state, event))

    def _event_of(self, timer: Timer) -> Event:
        return _EVENTS[timer]

    def _send_late_trying(self) -> None:
        self._response = Response.answer(self.request, 100)
        self._send(self._response)

    def _send_response(self) -> None:
        assert isinstance(self._message, Response)
        self._response = self._message
        self._send(self._message)

    def _resend_response(self) -> None:
        assert self._response is not None, "states after Trying have sent something"
        self._send(self._response)

    def _stop_late_trying_and_expiry(self) -> None:
        self._timers.stop(Timer.LATE_TRYING, Timer.EXPIRY)

    def _start_timer_j(self) -> None:
        self._start(Timer.TIMER_J, 0.0 if self._reliable else self._values.transaction_timeout)


_T = ServerTransaction

# fmt: off
TRANSITIONS: dict[tuple[State, Event], Row[State, ServerTransaction]] = {
    (State.TRYING,     Event.LATE_TRYING):     (State.PROCEEDING, (_T._send_late_trying,)),
    (State.TRYING,     Event.EXPIRY):          (State.TERMINATED, (_T._end_by_timeout,)),
    (State.TRYING,     Event.FINAL):           (State.COMPLETED,  (_T._stop_late_trying_and_expiry,
                                                                   _T._send_response, _T._start_timer_j)),
    (State.PROCEEDING, Event.REQUEST):         (State.PROCEEDING, (_T._resend_response,)),
    (State.PROCEEDING, Event.EXPIRY):          (State.TERMINATED, (_T._end_by_timeout,)),
    (State.PROCEEDING, Event.TRANSPORT_ERROR): (State.TERMINATED, (_T._end_by_transport_error,)),
    (State.PROCEEDING, Event.FINAL):           (State.COMPLETED,  (_T._stop_late_trying_and_expiry,
                                                                   _T._send_response, _T._start_timer_j)),
    (State.COMPLETED,  Event.REQUEST):         (State.COMPLETED,  (_T._resend_response,)),
    (State.COMPLETED,  Event.TIMER_J):         (State.TERMINATED, (_T._end_completed,)),
    (State.COMPLETED,  Event.TRANSPORT_ERROR): (State.TERMINATED, (_T._end_by_transport_error,)),
}
# fmt: on
