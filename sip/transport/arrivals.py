"""Gives each datagram its turn of the event loop: those of calls that are up go before those of strangers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from sip.flow import Flow
from sip.transport.turns import Lane, Turns

MOST_OF_A_CALL: Final = 32
"""Datagrams of one call that may wait before those of strangers: a second of the requests that it may make.
Further ones are lost, as on the network; behind the strangers they would come in another order."""


class Reader(Protocol):
    """What tells of datagrams before they are read, and reads them: an endpoint."""

    def belongs_to(self, data: bytes) -> str | None:
        """Return what names the call that is up, or the request of ours, that a datagram is of."""

    def drops_unread(self, data: bytes, flow: Flow, now: float) -> bool:
        """Tell that a datagram is one too many of its source."""


class Arrivals:
    """Where datagrams wait while the turn has no time for them.

    Nobody gets ahead who does not know a dialog's tags or a branch of ours, and who does has 32 places. A
    flood of strangers is looked at here only to be dropped: it takes no place from others.
    """

    def __init__(
        self,
        reader: Reader,
        turns: Turns,
        read: Callable[[bytes, Flow], None],
        now: Callable[[], float],
    ) -> None:
        """``read`` is called with each datagram when it has its turn."""
        self._reader = reader
        self._turns = turns
        self._read = read
        self._now = now
        self._waiting: Counter[str] = Counter()
        """How many datagrams of each call wait."""

    def receive(self, data: bytes, flow: Flow) -> None:
        """Take a datagram."""
        if self._turns.free:
            self._turns.take(partial(self._read, data, flow))
        elif (call := self._reader.belongs_to(data)) is not None:
            self._put_ahead(call, data, flow)
        elif not self._turns.full and not self._reader.drops_unread(data, flow, self._now()):
            self._turns.take(partial(self._read, data, flow))

    def _put_ahead(self, call: str, data: bytes, flow: Flow) -> None:
        if self._waiting[call] < MOST_OF_A_CALL:
            self._waiting[call] += 1
            self._turns.take(partial(self._read_ahead, call, data, flow), Lane.CALLS)

    def _read_ahead(self, call: str, data: bytes, flow: Flow) -> None:
        self._waiting[call] -= 1
        if not self._waiting[call]:
            del self._waiting[call]
        self._read(data, flow)
