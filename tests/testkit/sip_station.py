"""A SIP stack on 127.0.0.1 that does what a test scripts and remembers what it was told."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from sip.endpoint import SipEndpoint
from sip.endpoint_config import EndpointConfig
from sip.events import SipEvent
from sip.flow import Destination
from sip.invite_session import InviteSession
from sip.trace import Trace
from sip.transport.connections import StreamLimits
from sip.transport.stack import SipStack
from sip.transport.tls import TlsContexts
from tests.testkit.certificates import contexts
from tests.testkit.waiting import eventually

EventT = TypeVar("EventT")
Script = Callable[["Station", SipEvent], None]


class Station:
    """One listening stack."""

    def __init__(
        self,
        name: str,
        script: Script | None = None,
        config: EndpointConfig | None = None,
        limits: StreamLimits | None = None,
        tls: TlsContexts | None = None,
    ) -> None:
        numbers = itertools.count(1)
        self.name = name
        self.trace = Trace()
        self.endpoint = SipEndpoint(
            config or EndpointConfig(), lambda: f"{name}{next(numbers)}", trace=self.trace
        )
        self.events: list[SipEvent] = []
        self.script = script
        self.stack = SipStack(self.endpoint, self._on_event, limits, tls)

    @property
    def now(self) -> float:
        return self.stack.now()

    @property
    def where(self) -> Destination:
        """Where this station listens first."""
        return Destination(*self.stack.addresses[0])

    @property
    def session(self) -> InviteSession:
        """The session of the first event that has one."""
        return next(event.session for event in self.events if getattr(event, "session", None))  # type: ignore[union-attr,return-value]

    def call(
        self, peer: Station, body: bytes | None = b"offer", *, where: Destination | None = None
    ) -> InviteSession:
        """Invite another station, where it listens first unless told otherwise."""
        where = where or peer.where
        session = self.endpoint.invite(
            self.now,
            request_uri=f"sip:{peer.name}@{where.host}:{where.port}",
            from_=f"<sip:{self.name}@127.0.0.1>",
            to=f"<sip:{peer.name}@127.0.0.1>",
            destination=where,
            body=body,
        )
        self.stack.settle()
        return session

    def all(self, kind: type[EventT]) -> list[EventT]:
        """What was told of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    async def hears(self, kind: type[EventT], count: int = 1) -> EventT:
        """Wait for the event, and return it."""
        what = f"{self.name} hears {kind.__name__}, heard {[type(event).__name__ for event in self.events]}"
        heard = await eventually(lambda: self.all(kind)[count - 1 :], 5.0, what, every=0.005)
        return heard[0]

    def ladder(self, session: InviteSession) -> list[str]:
        """What passed in a call, without times and addresses."""
        return [
            f"{'->' if step.outgoing else '<-'} {step.summary}" for step in self.trace.steps(session.call_id)
        ]

    def _on_event(self, event: SipEvent) -> None:
        self.events.append(event)
        if self.script is not None:
            self.script(self, event)


@asynccontextmanager
async def station(
    name: str,
    where: str,
    script: Script | None = None,
    config: EndpointConfig | None = None,
    limits: StreamLimits | None = None,
    tls: TlsContexts | None = None,
) -> AsyncIterator[Station]:
    """Open a station that listens at ``where``, such as ``udp:127.0.0.1:0``."""
    if where.startswith("tls:"):
        tls = tls or contexts()
    opened = Station(name, script, config, limits, tls)
    await opened.stack.listen(where)
    try:
        yield opened
    finally:
        await opened.stack.close()
