"""INVITE client transaction: RFC 3261 section 17.1.1 as amended by RFC 6026 section 7.2.

Read ``TRANSITIONS`` beside Figure 5 of RFC 3261 as RFC 6026 redraws it; it has one row per arrow. A pair of
state and event that has no row is an input the RFCs tell us to drop in silence.
"""

from __future__ import annotations

import enum
from typing import Final

from sip.message import Request, Response
from sip.timers import Timer, TimerValues
from sip.transaction.effects import Effect
from sip.transaction.in_transaction import acknowledgement
from sip.transaction.machine import Row, TransactionMachine, events_of_timers


class State(enum.StrEnum):
    """The states of Figure 5."""

    CALLING = "Calling"
    PROCEEDING = "Proceeding"
    COMPLETED = "Completed"
    ACCEPTED = "Accepted"
    TERMINATED = "Terminated"


class Event(enum.StrEnum):
    """What can happen to the transaction."""

    PROVISIONAL = "1xx"
    SUCCESS = "2xx"
    FAILURE = "300-699"
    TIMER_A = Timer.TIMER_A.value
    TIMER_B = Timer.TIMER_B.value
    TIMER_D = Timer.TIMER_D.value
    TIMER_M = Timer.TIMER_M.value
    TRANSPORT_ERROR = "transport error"


_EVENTS: Final = events_of_timers(Event)


class InviteClientTransaction(TransactionMachine[State, Event]):
    """Delivers one INVITE and the responses to it.

    Every input returns the effects the owner must carry out, in order.
    """

    __slots__ = ("_timer_a",)

    def __init__(self, request: Request, *, reliable: bool, values: TimerValues) -> None:
        super().__init__(request, reliable=reliable, values=values, state=State.CALLING)
        self._timer_a = values.t1

    def start(self, now: float) -> list[Effect]:
        """Send the INVITE; called once, first."""
        self._effects, self._now = [], now
        self._send(self.request)
        if not self._reliable:
            self._start(Timer.TIMER_A, self._timer_a)
        self._start(Timer.TIMER_B, self._values.transaction_timeout)
        return self._effects

    def receive_response(self, response: Response, now: float) -> list[Effect]:
        """Take a response that matches this transaction."""
        if response.status < 200:
            return self._fire(Event.PROVISIONAL, now, response)
        return self._fire(Event.SUCCESS if response.status < 300 else Event.FAILURE, now, response)

    def receive_transport_error(self, now: float) -> list[Effect]:
        """Learn that a message of ours could not be sent."""
        return self._fire(Event.TRANSPORT_ERROR, now)

    def _row(self, event: Event) -> Row[State, InviteClientTransaction] | None:
        return TRANSITIONS.get((self.state, event))

    def _event_of(self, timer: Timer) -> Event:
        return _EVENTS[timer]

    def _resend_invite(self) -> None:
        self._send(self.request)

    def _double_timer_a(self) -> None:
        self._timer_a *= 2
        self._start(Timer.TIMER_A, self._timer_a)

    def _stop_timers_a_b(self) -> None:
        self._timers.stop(Timer.TIMER_A, Timer.TIMER_B)

    def _send_ack(self) -> None:
        assert isinstance(self._message, Response)
        self._send(acknowledgement(self.request, self._message))

    def _start_timer_d(self) -> None:
        self._start(Timer.TIMER_D, 0.0 if self._reliable else self._values.timer_d)

    def _start_timer_m(self) -> None:
        self._start(Timer.TIMER_M, self._values.transaction_timeout)


_T = InviteClientTransaction

# fmt: off
TRANSITIONS: dict[tuple[State, Event], Row[State, InviteClientTransaction]] = {
    (State.CALLING,    Event.TIMER_A):         (State.CALLING,    (_T._resend_invite, _T._double_timer_a)),
    (State.CALLING,    Event.TIMER_B):         (State.TERMINATED, (_T._end_by_timeout,)),
    (State.CALLING,    Event.TRANSPORT_ERROR): (State.TERMINATED, (_T._end_by_transport_error,)),
    (State.CALLING,    Event.PROVISIONAL):     (State.PROCEEDING, (_T._stop_timers_a_b, _T._pass_up)),
    (State.CALLING,    Event.SUCCESS):         (State.ACCEPTED,   (_T._stop_timers_a_b, _T._pass_up,
                                                                   _T._start_timer_m)),
    (State.CALLING,    Event.FAILURE):         (State.COMPLETED,  (_T._stop_timers_a_b, _T._send_ack,
                                                                   _T._pass_up, _T._start_timer_d)),
    (State.PROCEEDING, Event.PROVISIONAL):     (State.PROCEEDING, (_T._pass_up,)),
    (State.PROCEEDING, Event.SUCCESS):         (State.ACCEPTED,   (_T._pass_up, _T._start_timer_m)),
    (State.PROCEEDING, Event.FAILURE):         (State.COMPLETED,  (_T._send_ack, _T._pass_up,
                                                                   _T._start_timer_d)),
    (State.COMPLETED,  Event.FAILURE):         (State.COMPLETED,  (_T._send_ack,)),
    (State.COMPLETED,  Event.TRANSPORT_ERROR): (State.TERMINATED, (_T._end_by_transport_error,)),
    (State.COMPLETED,  Event.TIMER_D):         (State.TERMINATED, (_T._end_completed,)),
    (State.ACCEPTED,   Event.SUCCESS):         (State.ACCEPTED,   (_T._pass_up,)),
    (State.ACCEPTED,   Event.TIMER_M):         (State.TERMINATED, (_T._end_completed,)),
}
# fmt: on
