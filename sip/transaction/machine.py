"""What the four transactions share: a table is looked up, its actions are run, their effects are returned."""

from __future__ import annotations

import enum
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, Generic, TypeAlias, TypeVar

from sip.message import Request, Response
from sip.timers import Timer, TimerTable, TimerValues
from sip.transaction.effects import Effect, Ended, EndReason, PassUp, Report, Send

StateT = TypeVar("StateT", bound=enum.Enum)
EventT = TypeVar("EventT", bound=enum.Enum)
MachineT = TypeVar("MachineT")

_NONE: Final[list[Effect]] = []
"""The effects of a machine to which nothing happens."""

Row: TypeAlias = tuple[StateT, tuple[Callable[[MachineT], None], ...]]
"""One arrow of a figure: the state it leads to and the actions written beside it."""


def events_of_timers(events: type[EventT]) -> dict[Timer, EventT]:
    """Return, for each timer of a figure, the event that its firing is: the one of the same name."""
    return {Timer[event.name]: event for event in events if event.name in Timer.__members__}


class TransactionMachine(ABC, Generic[StateT, EventT]):
    """A transaction: inputs take the time and return effects; it has no clock and draws no randomness."""

    __slots__ = ("_effects", "_message", "_now", "_reliable", "_request", "_timers", "_values", "state")

    def __init__(self, request: Request, *, reliable: bool, values: TimerValues, state: StateT) -> None:
        self._request: Request | None = request
        self.state = state
        self._reliable = reliable
        self._values = values
        self._timers: TimerTable[Timer] = TimerTable()
        self._effects = _NONE
        self._message: Request | Response | None = None
        """What came, or is to be sent, while an event is acted on."""
        self._now = 0.0

    @property
    def request(self) -> Request:
        """The request; a server transaction forgets it once it is answered for good."""
        assert self._request is not None, "an answered request is not asked for again"
        return self._request

    def next_deadline(self) -> float | None:
        """Return when :meth:`handle_timers` must be called, if ever."""
        return self._timers.next_deadline()

    def handle_timers(self, now: float) -> list[Effect]:
        """Fire the timers that are due, in the order they were due."""
        effects: list[Effect] = []
        while (timer := self._timers.pop_due(now)) is not None:
            effects += self._fire(self._event_of(timer), now)
        return effects

    def _fire(self, event: EventT, now: float, message: Request | Response | None = None) -> list[Effect]:
        row = self._row(event)
        if row is None:
            return []
        effects: list[Effect] = []
        self._effects = effects
        self._now = now
        if message is not None:
            self._message = message
        self.state = row[0]
        for action in row[1]:
            action(self)
        # A transaction absorbs repetitions for half a minute; what it was told need not live so long.
        self._message, self._effects = None, _NONE
        return effects

    @abstractmethod
    def _row(self, event: EventT) -> tuple[StateT, tuple[Callable[..., None], ...]] | None:
        """Return the row of the table for an event in the present state."""

    @abstractmethod
    def _event_of(self, timer: Timer) -> EventT:
        """Return the event that a timer's firing is."""

    def _start(self, timer: Timer, delay: float) -> None:
        self._timers.start(timer, self._now + delay)

    def _send(self, message: Request | Response | bytes) -> None:
        self._effects.append(Send(message))

    def _pass_up(self) -> None:
        assert self._message is not None, "only what came is passed up"
        self._effects.append(PassUp(self._message))

    def _report_transport_error(self) -> None:
        self._effects.append(Report(EndReason.TRANSPORT_ERROR))

    def _end(self, reason: EndReason) -> None:
        self._timers.stop_all()
        self._effects.append(Ended(reason))

    def _end_completed(self) -> None:
        self._end(EndReason.COMPLETED)

    def _end_by_timeout(self) -> None:
        self._end(EndReason.TIMEOUT)

    def _end_by_transport_error(self) -> None:
        self._end(EndReason.TRANSPORT_ERROR)
