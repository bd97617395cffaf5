"""Non-INVITE client transaction: RFC 3261 section 17.1.2.

Read ``TRANSITIONS`` beside Figure 6; it has one row per arrow. A pair of state and event that has no row is
an input the RFC tells us to drop in silence.
"""

from __future__ import annotations

import enum
from typing import Final

from sip.message import Request, Response
from sip.timers import Timer, TimerValues
from sip.transaction.effects import Effect
from sip.transaction.machine import Row, TransactionMachine, events_of_timers


class State(enum.StrEnum):
    """The states of Figure 6."""

    TRYING = "Trying"
    PROCEEDING = "Proceeding"
    COMPLETED = "Completed"
    TERMINATED = "Terminated"


class Event(enum.StrEnum):
    """What can happen to the transaction."""

    PROVISIONAL = "1xx"
    FINAL = "200-699"
    TIMER_E = Timer.TIMER_E.value
    TIMER_F = Timer.TIMER_F.value
    TIMER_K = Timer.TIMER_K.value
    TRANSPORT_ERROR = "transport error"


_EVENTS: Final = events_of_timers(Event)


class ClientTransaction(TransactionMachine[State, Event]):
    """Delivers one request other than INVITE and ACK, and the responses to it."""

    __slots__ = ("_timer_e",)

    def __init__(self, request: Request, *, reliable: bool, values: TimerValues) -> None:
        super().__init__(request, reliable=reliable, values=values, state=State.TRYING)
        self._timer_e = values.t1

    def start(self, now: float) -> list[Effect]:
        """Send the request; called once, first."""
        self._effects, self._now = [], now
        self._send(self.request)
        if not self._reliable:
            self._start(Timer.TIMER_E, self._timer_e)
        self._start(Timer.TIMER_F, self._values.transaction_timeout)
        return self._effects

    def receive_response(self, response: Response, now: float) -> list[Effect]:
        """Take a response that matches this transaction."""
        return self._fire(Event.PROVISIONAL if response.status < 200 else Event.FINAL, now, response)

    def receive_transport_error(self, now: float) -> list[Effect]:
        """Learn that a message of ours could not be sent."""
        return self._fire(Event.TRANSPORT_ERROR, now)

    def _row(self, event: Event) -> Row[State, ClientTransaction] | None:
        return TRANSITIONS.get((self.state, event))

    def _event_of(self, timer: Timer) -> Event:
        return _EVENTS[timer]

    def _resend_request(self) -> None:
        self._send(self.request)

    def _double_timer_e(self) -> None:
        self._timer_e = min(2 * self._timer_e, self._values.t2)
        self._start(Timer.TIMER_E, self._timer_e)

    def _restart_timer_e_at_t2(self) -> None:
        self._start(Timer.TIMER_E, self._values.t2)

    def _stop_timers_e_f(self) -> None:
        self._timers.stop(Timer.TIMER_E, Timer.TIMER_F)

    def _start_timer_k(self) -> None:
        self._start(Timer.TIMER_K, 0.0 if self._reliable else self._values.t4)


_T = ClientTransaction

# fmt: off
TRANSITIONS: dict[tuple[State, Event], Row[State, ClientTransaction]] = {
    (State.TRYING,     Event.TIMER_E):         (State.TRYING,     (_T._resend_request, _T._double_timer_e)),
    (State.TRYING,     Event.TIMER_F):         (State.TERMINATED, (_T._end_by_timeout,)),
    (State.TRYING,     Event.TRANSPORT_ERROR): (State.TERMINATED, (_T._end_by_transport_error,)),
    (State.TRYING,     Event.PROVISIONAL):     (State.PROCEEDING, (_T._pass_up,)),
    (State.TRYING,     Event.FINAL):           (State.COMPLETED,  (_T._stop_timers_e_f, _T._pass_up,
                                                                   _T._start_timer_k)),
    (State.PROCEEDING, Event.TIMER_E):         (State.PROCEEDING, (_T._resend_request,
                                                                   _T._restart_timer_e_at_t2)),
    (State.PROCEEDING, Event.TIMER_F):         (State.TERMINATED, (_T._end_by_timeout,)),
    (State.PROCEEDING, Event.TRANSPORT_ERROR): (State.TERMINATED, (_T._end_by_transport_error,)),
    (State.PROCEEDING, Event.PROVISIONAL):     (State.PROCEEDING, (_T._pass_up,)),
    (State.PROCEEDING, Event.FINAL):           (State.COMPLETED,  (_T._stop_timers_e_f, _T._pass_up,
                                                                   _T._start_timer_k)),
    (State.COMPLETED,  Event.TIMER_K):         (State.TERMINATED, (_T._end_completed,)),
}
# fmt: on
