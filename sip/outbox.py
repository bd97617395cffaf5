"""The messages an endpoint wants sent, turned into bytes and traced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sip.flow import Flow, Route, Transmission
from sip.parser import parse_message

if TYPE_CHECKING:
    from sip.message import Request, Response
    from sip.trace import Trace


class Outbox:
    """Collects transmissions in order until the shell takes them."""

    __slots__ = ("_trace", "queued", "sent")

    def __init__(self, trace: Trace | None = None) -> None:
        self.queued: list[Transmission] = []
        """What the shell has not taken yet."""
        self._trace = trace
        self.sent = 0
        """Messages queued since the start."""

    def send(
        self,
        message: Request | Response,
        route: Route,
        now: float,
        *,
        close: bool = False,
        traced: bool = True,
    ) -> bytes:
        """Queue a message, and return it as octets; ``close`` asks the shell to close the stream after it."""
        self.sent += 1
        data = message.to_bytes()
        if traced and self._trace is not None:
            self._trace.sent(message, data, route, now)
        self.queued.append(Transmission(route, data, close))
        return data

    def repeat(self, data: bytes, route: Route, now: float) -> None:
        """Queue a message of which only the octets are left; reading them again for the trace is rare."""
        self.sent += 1
        if self._trace is not None:
            self._trace.sent(parse_message(data), data, route, now)
        self.queued.append(Transmission(route, data))

    def send_bytes(self, data: bytes, flow: Flow, *, close: bool = False) -> None:
        """Queue bytes that are no message, such as the answer to a keep-alive."""
        self.queued.append(Transmission(flow, data, close))

    def take(self) -> list[Transmission]:
        """Return what is queued, and forget it."""
        queued, self.queued = self.queued, []
        return queued
