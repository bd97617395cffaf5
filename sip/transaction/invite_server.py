"""INVITE server transaction: RFC 3261 section 17.2.1 as amended by RFC 6026 section 7.1.

Read ``TRANSITIONS`` beside Figure 7 of RFC 3261 as RFC 6026 redraws it; it has one row per arrow. A pair of
state and event that has no row is an input the RFCs tell us to drop in silence.
"""

from __future__ import annotations

import enum
from typing import Final

from sip.message import Request, Response
from sip.timers import Timer, TimerValues
from sip.transaction.effects import Effect
from sip.transaction.machine import Row, TransactionMachine, events_of_timers


class State(enum.StrEnum):
    """The states of Figure 7."""

    PROCEEDING = "Proceeding"
    COMPLETED = "Completed"
    CONFIRMED = "Confirmed"
    ACCEPTED = "Accepted"
    TERMINATED = "Terminated"


class Event(enum.StrEnum):
    """What can happen to the transaction."""

    INVITE = "INVITE"
    ACK = "ACK"
    PROVISIONAL = "1xx from TU"
    SUCCESS = "2xx from TU"
    FAILURE = "300-699 from TU"
    TIMER_G = Timer.TIMER_G.value
    TIMER_H = Timer.TIMER_H.value
    TIMER_I = Timer.TIMER_I.value
    TIMER_L = Timer.TIMER_L.value
    TRANSPORT_ERROR = "transport error"


_EVENTS: Final = events_of_timers(Event)


class InviteServerTransaction(TransactionMachine[State, Event]):
    """Answers one INVITE and absorbs its retransmissions.

    A 2xx is retransmitted by the transaction user, which hands it in again each time (RFC 6026 section 7.1).
    """

    __slots__ = ("_response", "_timer_g")

    def __init__(self, request: Request, *, reliable: bool, values: TimerValues) -> None:
        super().__init__(request, reliable=reliable, values=values, state=State.PROCEEDING)
        self._timer_g = values.t1
        self._response: Response | bytes | None = None

    def receive_request(self, request: Request, now: float) -> list[Effect]:
        """Take a retransmission of the INVITE, or an ACK that matches this transaction."""
        return self._fire(Event.ACK if request.method == "ACK" else Event.INVITE, now, request)

    def respond(self, response: Response, now: float) -> list[Effect]:
        """Take a response from the transaction user."""
        if response.status < 200:
            return self._fire(Event.PROVISIONAL, now, response)
        return self._fire(Event.SUCCESS if response.status < 300 else Event.FAILURE, now, response)

    def settle(self, sent: bytes) -> None:
        """Keep of what was said no more than a refusal, as octets: who sent a 2xx repeats it himself."""
        self._request, self._response = None, sent if self.state is State.COMPLETED else None

    def receive_transport_error(self, now: float) -> list[Effect]:
        """Learn that a response could not be sent."""
        return self._fire(Event.TRANSPORT_ERROR, now)

    def _row(self, event: Event) -> Row[State, InviteServerTransaction] | None:
        return TRANSITIONS.get((self.state, event))

    def _event_of(self, timer: Timer) -> Event:
        return _EVENTS[timer]

    def _send_response(self) -> None:
        assert isinstance(self._message, Response)
        self._response = self._message
        self._send(self._message)

    def _resend_response(self) -> None:
        # An INVITE repeated before the transaction user said anything has nothing to be answered with.
        if self._response is not None:
            self._send(self._response)

    def _start_timer_g(self) -> None:
        if not self._reliable:
            self._start(Timer.TIMER_G, self._timer_g)

    def _double_timer_g(self) -> None:
        self._timer_g = min(2 * self._timer_g, self._values.t2)
        self._start(Timer.TIMER_G, self._timer_g)

    def _start_timer_h(self) -> None:
        self._start(Timer.TIMER_H, self._values.transaction_timeout)

    def _stop_timers_g_h(self) -> None:
        self._timers.stop(Timer.TIMER_G, Timer.TIMER_H)

    def _start_timer_i(self) -> None:
        self._start(Timer.TIMER_I, 0.0 if self._reliable else self._values.t4)

    def _start_timer_l(self) -> None:
        self._start(Timer.TIMER_L, self._values.transaction_timeout)


_T = InviteServerTransaction

# fmt: off
TRANSITIONS: dict[tuple[State, Event], Row[State, InviteServerTransaction]] = {
    (State.PROCEEDING, Event.INVITE):          (State.PROCEEDING, (_T._resend_response,)),
    (State.PROCEEDING, Event.PROVISIONAL):     (State.PROCEEDING, (_T._send_response,)),
    (State.PROCEEDING, Event.TRANSPORT_ERROR): (State.PROCEEDING, (_T._report_transport_error,)),
    (State.PROCEEDING, Event.SUCCESS):         (State.ACCEPTED,   (_T._send_response, _T._start_timer_l)),
    (State.PROCEEDING, Event.FAILURE):         (State.COMPLETED,  (_T._send_response, _T._start_timer_g,
                                                                   _T._start_timer_h)),
    (State.COMPLETED,  Event.INVITE):          (State.COMPLETED,  (_T._resend_response,)),
    (State.COMPLETED,  Event.TIMER_G):         (State.COMPLETED,  (_T._resend_response, _T._double_timer_g)),
    (State.COMPLETED,  Event.TRANSPORT_ERROR): (State.COMPLETED,  (_T._report_transport_error,)),
    (State.COMPLETED,  Event.ACK):             (State.CONFIRMED,  (_T._stop_timers_g_h, _T._start_timer_i)),
    (State.COMPLETED,  Event.TIMER_H):         (State.TERMINATED, (_T._end_by_timeout,)),
    (State.CONFIRMED,  Event.TIMER_I):         (State.TERMINATED, (_T._end_completed,)),
    (State.ACCEPTED,   Event.SUCCESS):         (State.ACCEPTED,   (_T._send_response,)),
    (State.ACCEPTED,   Event.ACK):             (State.ACCEPTED,   (_T._pass_up,)),
    (State.ACCEPTED,   Event.TRANSPORT_ERROR): (State.ACCEPTED,   (_T._report_transport_error,)),
    (State.ACCEPTED,   Event.TIMER_L):         (State.TERMINATED, (_T._end_completed,)),
}
# fmt: on
