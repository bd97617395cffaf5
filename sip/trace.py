"""Ladders of what passed, for each Call-ID, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass

from sip.flow import Flow, Route
from sip.message import Request, Response


@dataclass(frozen=True, slots=True)
class Step:
    """One message that passed."""

    at: float
    """In the clock of the endpoint."""
    outgoing: bool
    peer: str
    """Transport and address, such as ``UDP 192.0.2.1:5060``."""
    message: Request | Response

    @property
    def summary(self) -> str:
        """The method, or the status with the method it answers."""
        if isinstance(self.message, Request):
            return self.message.method
        method = (self.message.headers.get("CSeq") or "?").split()[-1]
        return f"{self.message.status} ({method})"


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

    def received(self, message: Request | Response, flow: Flow, now: float) -> None:
        """Note a message that arrived."""
        self._note(message, flow, now, outgoing=False)

    def sent(self, message: Request | Response, route: Route, now: float) -> None:
        """Note a message that leaves."""
        self._note(message, route, now, outgoing=True)

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

    def _note(self, message: Request | Response, route: Route, now: float, *, outgoing: bool) -> None:
        call_id = message.headers.get("Call-ID") or ""
        ladder = self._ladders.get(call_id)
        if ladder is None:
            if self._begin is not None and getattr(message, "method", "") not in self._begin:
                return
            ladder = self._ladders[call_id] = deque(maxlen=self._steps)
            if len(self._ladders) > self._calls:
                self._ladders.popitem(last=False)
        self._ladders.move_to_end(call_id)
        peer = f"{route.transport} {_host_and_port(route)}"
        ladder.append(Step(now, outgoing, peer, message))


def _host_and_port(route: Route) -> str:
    host, port = route.remote if isinstance(route, Flow) else (route.host, route.port)
    return f"{host}:{port}"
