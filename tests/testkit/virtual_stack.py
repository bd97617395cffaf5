"""A SIP stack without sockets, for a virtual loop: a test hands it messages and reads what it sends."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TypeVar

from sip.endpoint import SipEndpoint
from sip.endpoint_config import EndpointConfig
from sip.events import SipEvent
from sip.flow import Flow, Route, Transmission
from sip.message import Request, Response
from sip.parser import parse_message
from sip.transport.local import CALLED, CALLING
from sip.transport.stack import SipStack

MessageT = TypeVar("MessageT", Request, Response)

PHONE = Flow("UDP", ("127.0.0.1", 5060), ("192.0.2.10", 5060))


class VirtualStack(SipStack):
    """Collects what would be sent. ``answer`` may reply to a request of ours at once.

    What it sends to itself arrives, as with any stack.
    """

    def __init__(self, on_event: Callable[[SipEvent], None], config: EndpointConfig | None = None) -> None:
        numbers = itertools.count(1)
        self.endpoint = SipEndpoint(config or EndpointConfig(), lambda: f"ours{next(numbers)}")
        super().__init__(self.endpoint, on_event)
        self.endpoint.listening("UDP", "127.0.0.1", 5060)
        self.endpoint.listening("TCP", "127.0.0.1", 5060)
        self.sent: list[tuple[Request | Response, Route]] = []
        self.answer: Callable[[Request], Response | None] = lambda request: None

    def deliver(self, message: Request | Response, flow: Flow = PHONE) -> None:
        """Let a message arrive."""
        if flow.is_reliable:
            self.endpoint.receive_bytes(message.to_bytes(), flow, self.now())
        else:
            self.endpoint.receive_datagram(message.to_bytes(), flow, self.now())
        self.settle()

    def all(self, kind: type[MessageT]) -> list[MessageT]:
        """What was sent of one kind."""
        return [message for message, _ in self.sent if isinstance(message, kind)]

    def _send(self, transmission: Transmission) -> None:
        message = parse_message(transmission.data)
        self.sent.append((message, transmission.route))
        if transmission.route in (CALLING, CALLED):
            super()._send(transmission)
            return
        if isinstance(message, Request) and (reply := self.answer(message)) is not None:
            route = transmission.route
            flow = (
                route
                if isinstance(route, Flow)
                else Flow(route.transport, ("127.0.0.1", 5060), (route.host, route.port))
            )
            self.endpoint.receive_datagram(reply.to_bytes(), flow, self.now())
