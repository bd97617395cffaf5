"""A virtual network between two ends: it delivers in virtual time and loses what it is told to lose."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Collection
from typing import Any, Protocol, TypeVar

from sip.endpoint import SipEndpoint
from sip.endpoint_config import EndpointConfig
from sip.events import SipEvent
from sip.flow import Flow
from sip.gate import Gate
from sip.invite_session import InviteSession
from sip.message import Request, Response
from sip.parser import parse_message
from sip.source_limits import SourceLimits
from sip.trace import Trace
from tests.testkit.ladder import Passed, ladder, steps, summary

EventT = TypeVar("EventT")


class End(Protocol):
    """What can be connected to a wire."""

    def receive(self, message: Request | Response, now: float) -> None: ...

    def take(self) -> list[Request | Response]: ...

    def next_deadline(self) -> float | None: ...

    def handle_timers(self, now: float) -> None: ...


class Wire:
    """Connects ``left`` and ``right``. ``lose`` numbers the packets, from 0, that never arrive."""

    def __init__(
        self, left: End, right: End, *, lose: Collection[int] = (), latency: float = 0.05, start: float = 0.0
    ) -> None:
        self.left = left
        self.right = right
        self.now = start
        self.log: list[Passed] = []
        self.lose = lose
        self.latency = latency
        self._start = start
        self._flying: list[tuple[float, int, bool, Request | Response]] = []

    @property
    def steps(self) -> list[tuple[float, str]]:
        """What passed, as times and names."""
        return steps(self.log)

    @property
    def ladder(self) -> str:
        """What passed, as text."""
        return ladder(self.log)

    def run(self, until: float = 1000.0) -> None:
        """Let everything happen that happens by ``until``, in seconds since the start."""
        limit = self._start + until
        self._collect()
        while (moment := self._next_moment()) is not None and moment <= limit:
            self.now = max(self.now, moment)
            self._deliver()
            for end in (self.left, self.right):
                deadline = end.next_deadline()
                if deadline is not None and deadline <= self.now:
                    end.handle_timers(self.now)
            self._collect()
        self.now = max(self.now, limit)

    def forget(self) -> None:
        """Begin an empty log."""
        self.log.clear()

    def _next_moment(self) -> float | None:
        moments = [self.left.next_deadline(), self.right.next_deadline()]
        if self._flying:
            moments.append(self._flying[0][0])
        return min((moment for moment in moments if moment is not None), default=None)

    def _deliver(self) -> None:
        while self._flying and self._flying[0][0] <= self.now:
            _, _, rightward, message = heapq.heappop(self._flying)
            (self.right if rightward else self.left).receive(message, self.now)
            self._collect()

    def _collect(self) -> None:
        for rightward, end in ((True, self.left), (False, self.right)):
            for message in end.take():
                number = len(self.log)
                lost = number in self.lose
                self.log.append(Passed(self.now - self._start, rightward, summary(message), lost))
                if not lost:
                    heapq.heappush(self._flying, (self.now + self.latency, number, rightward, message))


class Phone:
    """An endpoint on a wire. ``script`` is called with each event and does what the test wants done."""

    def __init__(
        self,
        name: str,
        host: str,
        peer: str,
        *,
        config: EndpointConfig | None = None,
        transport: str = "UDP",
        script: Callable[[Phone, SipEvent], None] | None = None,
        trace: Trace | None = None,
        sources: SourceLimits | None = None,
        gate: Gate | None = None,
    ) -> None:
        numbers = itertools.count(1)
        self.name = name
        self.endpoint = SipEndpoint(
            config or EndpointConfig(),
            lambda: f"{name}{next(numbers)}",
            trace=trace,
            sources=sources,
            gate=gate,
        )
        self.endpoint.listening(transport, host, 5060)
        identity = 0 if transport == "UDP" else 1
        self.flow = Flow(transport, (host, 5060), (peer, 5060), identity)
        self.events: list[SipEvent] = []
        self.script = script
        self.now = 0.0
        self.sent: list[Request | Response] = []
        self.received: list[Request | Response] = []
        self._queue: deque[Request | Response] = deque()

    @property
    def session(self) -> InviteSession:
        """The session of the first event that has one."""
        return next(event.session for event in self.events if getattr(event, "session", None))  # type: ignore[union-attr,return-value]

    def names(self) -> list[str]:
        """The names of what was told, in order."""
        return [type(event).__name__ for event in self.events]

    def all(self, kind: type[EventT]) -> list[EventT]:
        """What was told of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def one(self, kind: type[EventT]) -> EventT:
        """The only event of one kind."""
        (found,) = self.all(kind)
        return found

    def call(self, body: bytes | None = b"offer", now: float = 0.0, **changes: Any) -> InviteSession:
        """Invite the peer."""
        host = self.flow.remote[0]
        arguments: dict[str, Any] = {
            "request_uri": f"sip:callee@{host}",
            "from_": f"<sip:{self.name}@{self.flow.local[0]}>",
            "to": f"<sip:callee@{host}>",
            "destination": self.flow,
            "body": body,
        }
        return self.endpoint.invite(now, **{**arguments, **changes})

    def receive(self, message: Request | Response, now: float) -> None:
        self.received.append(message)
        self.receive_bytes(message.to_bytes(), now)

    def receive_bytes(self, data: bytes, now: float) -> None:
        """Take raw bytes."""
        self.now = now
        if self.flow.is_reliable:
            self.endpoint.receive_bytes(data, self.flow, now)
        else:
            self.endpoint.receive_datagram(data, self.flow, now)
        self._drain()

    def take(self) -> list[Request | Response]:
        self._drain()
        taken = [parse_message(one.data) for one in self.endpoint.to_send() if one.data.strip()]
        self.sent += taken
        return taken

    def next_deadline(self) -> float | None:
        return self.endpoint.next_deadline()

    def handle_timers(self, now: float) -> None:
        self.now = now
        self.endpoint.handle_timers(now)
        self._drain()

    def _drain(self) -> None:
        while (event := self.endpoint.next_event()) is not None:
            self.events.append(event)
            if self.script is not None:
                self.script(self, event)


def two_phones(
    *,
    caller: Callable[[Phone, SipEvent], None] | None = None,
    callee: Callable[[Phone, SipEvent], None] | None = None,
    caller_config: EndpointConfig | None = None,
    callee_config: EndpointConfig | None = None,
    lose: Collection[int] = (),
    transport: str = "UDP",
) -> tuple[Phone, Phone, Wire]:
    """Return a caller, a callee and the wire between them."""
    left = Phone("alice", "192.0.2.1", "192.0.2.2", config=caller_config, script=caller, transport=transport)
    right = Phone("bob", "192.0.2.2", "192.0.2.1", config=callee_config, script=callee, transport=transport)
    return left, right, Wire(left, right, lose=lose)
