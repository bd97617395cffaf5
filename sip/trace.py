"""Ladders of what passed, for each Call-ID, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import NamedTuple

from sip.flow import Flow, Route
from sip.message import Request, Response


class Step(NamedTuple):
    """One message that passed."""

    at: float
    """In the clock of the endpoint."""
    outgoing: bool
    peer: str
    """Transport and address, such as ``UDP 192.0.2.1:5060``."""
    summary: str
    """The method, or the status with the method it answers."""
    data: bytes
    """The message as it is on the wire, which is smaller than what was read of it."""


class Trace:
    """Keeps the last steps of the last calls; the oldest call is forgotten first.

    The defaults bound it to 12,800 messages, some tens of megabytes. A peer that repeats one Call-ID for ever
    only pushes out its own steps.
    """

    def __init__(self, *, calls: int = 200, steps: int = 64, begin: frozenset[str] | None = None) -> None:
        """``begin`` are the methods whose requests begin a ladder; None: every message may."""
        self._calls = calls
        self._steps = steps
        self._begin = begin
        self._ladders: OrderedDict[str, deque[Step]] = OrderedDict()

    def received(
        self, message: Request | Response, flow: Flow, now: float, data: bytes | None = None
    ) -> None:
        """Note a message that arrived as ``data``; without it, it is written anew."""
        ladder = self._ladder_of(message)
        if ladder is not None:
            octets = message.to_bytes() if data is None else data
            ladder.append(Step(now, False, _peer(flow), message.summary, octets))

    def sent(self, message: Request | Response, data: bytes, route: Route, now: float) -> None:
        """Note a message that leaves as ``data``."""
        ladder = self._ladder_of(message)
        if ladder is not None:
            ladder.append(Step(now, True, _peer(route), message.summary, data))

    def steps(self, call_id: str) -> tuple[Step, ...]:
        """Return what passed in a call, oldest first."""
        return tuple(self._ladders.get(call_id, ()))

    def forget(self, call_id: str) -> None:
        """Let go of a call's messages; what still comes of it is not noted, unless it begins a ladder."""
        self._ladders.pop(call_id, None)

    def call_ids(self) -> Iterator[str]:
        """Iterate over the calls that are kept, the one heard of longest ago first."""
        return iter(self._ladders)

    def ladder(self, call_id: str) -> str:
        """Return a call as text: one line for each message, times counted from the first."""
        steps = self.steps(call_id)
        return "\n".join(
            f"{step.at - steps[0].at:8.3f}  {'->' if step.outgoing else '<-'} {step.summary:<16} {step.peer}"
            for step in steps
        )

    def _ladder_of(self, message: Request | Response) -> deque[Step] | None:
        """Return where a message is noted; None for one that begins nothing and belongs to nothing."""
        call_id = message.headers.get("Call-ID") or ""
        ladder = self._ladders.get(call_id)
        if ladder is None:
            if self._begin is not None and getattr(message, "method", "") not in self._begin:
                return None
            ladder = self._ladders[call_id] = deque(maxlen=self._steps)
            if len(self._ladders) > self._calls:
                self._ladders.popitem(last=False)
        self._ladders.move_to_end(call_id)
        return ladder


def _peer(route: Route) -> str:
    host, port = route.remote if isinstance(route, Flow) else (route.host, route.port)
    return f"{route.transport} {host}:{port}"
