"""The asyncio shell of a SIP endpoint: its listeners, its clock, its one timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sip.endpoint import SipEndpoint
from sip.errors import UsageError
from sip.events import SipEvent
from sip.flow import Destination, Flow, Route, Transmission
from sip.transport.addresses import ListenAddress, announced
from sip.transport.arrivals import Arrivals
from sip.transport.connections import StreamLimits
from sip.transport.local import CALLED, CALLING, LocalTransport
from sip.transport.socket_watch import SocketWatch
from sip.transport.streams import StreamEvents, StreamTransport
from sip.transport.tls import TlsContexts
from sip.transport.turns import Lane, Turns
from sip.transport.udp import UdpListener
from sip.transport.websocket import WebSocketTransport


class SipStack:
    """Feeds an endpoint packets and time, and carries out what it asks.

    Each input is followed by one :meth:`settle`, which empties the endpoint completely; nothing else touches
    the sockets or the timer. Call it as well after calling the endpoint or a session. ``on_event`` may call
    them too, and need not settle. A stack is made inside the running loop it will use.
    """

    def __init__(
        self,
        endpoint: SipEndpoint,
        on_event: Callable[[SipEvent], None],
        limits: StreamLimits | None = None,
        tls: TlsContexts | None = None,
    ) -> None:
        """``tls`` is whom we are and trust over TLS; without it there is none."""
        self._endpoint = endpoint
        self._on_event = on_event
        self._loop = asyncio.get_running_loop()
        self._udp: list[UdpListener] = []
        self.on_refused: Callable[[Destination, OSError], None] = lambda destination, error: None
        """Told why no connection to a destination came about, for the log."""
        self.on_closed: Callable[[Flow], None] = lambda flow: None
        """Told of each stream that is gone, other than by :meth:`close`."""
        events = StreamEvents(
            self._receive_bytes,
            self._flow_closed,
            self._flow_failed,
            lambda destination, error: self.on_refused(destination, error),
        )
        limits = limits or StreamLimits()
        self._turns = Turns(self._loop)
        self._arrivals = Arrivals(endpoint, self._turns, self._receive_datagram, self.now)
        sockets = SocketWatch(self._loop, self._turns)
        self._streams = {"TCP": StreamTransport(events, limits, self._turns, sockets)}
        if tls is not None:
            self._streams["TLS"] = StreamTransport(events, limits, self._turns, sockets, tls)
        self.websockets = WebSocketTransport(
            self._receive_frame, self._flow_closed, self._flow_failed, limits, self._turns
        )
        self._local = LocalTransport(self._loop, self._local_message_came)
        self._addresses: list[tuple[str, str, int]] = []
        self._timer: asyncio.Handle | None = None
        self._armed_for = 0.0
        self._settling = False
        self._closed = False

    @property
    def addresses(self) -> list[tuple[str, str, int]]:
        """Transport, host and port of each listener as really bound, in the order of :meth:`listen`."""
        return list(self._addresses)

    def share_turns(self, taken: Callable[[], bool]) -> None:
        """Leave what comes in to the loop's next turn while ``taken`` tells that this one is another's."""
        self._turns.taken = taken

    @property
    def worked(self) -> bool:
        """Whether what came in has used much of this turn of the loop."""
        return self._turns.worked

    async def listen(self, where: str) -> tuple[str, int]:
        """Listen on ``udp:HOST:PORT``, ``tcp:HOST:PORT`` or ``tls:HOST:PORT``; port 0 lets the system choose.

        Return the address as bound. ``OSError`` says that it cannot be had.
        """
        wanted = ListenAddress.parse(where)
        if wanted.transport == "UDP":
            listener = UdpListener(self._arrivals.receive, self._flow_failed)
            host, port = await listener.open(wanted.host, wanted.port)
            self._udp.append(listener)
        elif wanted.transport in self._streams:
            host, port = await self._streams[wanted.transport].listen(wanted.host, wanted.port)
        else:
            raise UsageError(f"cannot listen on {where}: the stack was made without TLS")
        self._addresses.append((wanted.transport, host, port))
        self._endpoint.listening(wanted.transport, announced(host), port)
        return host, port

    def serve_websockets(self, host: str, port: int) -> None:
        """Learn where an HTTP server takes WebSockets for us, which Via and Contact name."""
        for name in WebSocketTransport.names:
            self._endpoint.listening(name, announced(host), port)

    def now(self) -> float:
        """Return the loop's clock, in seconds."""
        return self._loop.time()

    def settle(self) -> None:
        """Drain events, send what is queued, re-arm the timer."""
        if self._settling or self._closed:
            return
        self._settling = True
        try:
            while self._endpoint.has_something:
                self._drain()
        finally:
            self._settling = False
            self._arm()

    async def close(self) -> None:
        """Close every socket and stop the timer; nothing is said to peers."""
        self._closed = True
        self._turns.close()
        if self._timer is not None:
            self._timer.cancel()
        for listener in self._udp:
            await listener.close()
        self.websockets.close()
        for streams in self._streams.values():
            await streams.close()

    def _drain(self) -> None:
        """Carry out what the endpoint asks."""
        while (event := self._endpoint.next_event()) is not None:
            try:
                self._on_event(event)
            except Exception as failure:
                # One call's fault must not stop the signalling of the others.
                self._loop.call_exception_handler(
                    {"message": f"on_event failed on {type(event).__name__}", "exception": failure}
                )
        for transmission in self._endpoint.to_send():
            self._send(transmission)

    def _send(self, transmission: Transmission) -> None:
        route = transmission.route
        if route.transport == "UDP":
            self._send_datagram(transmission.data, route)
        elif route.transport in self._streams:
            self._streams[route.transport].send(transmission.data, route, close=transmission.close)
        elif route.transport in WebSocketTransport.names:
            self.websockets.send(transmission.data, route, close=transmission.close)
        elif route in (CALLING, CALLED):
            # Nowhere else: a peer whose Contact says transport=local must not speak for us.
            self._local.send(transmission.data, route)
        else:
            self._endpoint.flow_failed(route, self.now())

    def _send_datagram(self, data: bytes, route: Route) -> None:
        listener = self._listener_for(route)
        if listener is None:
            self._endpoint.flow_failed(route, self.now())
        elif isinstance(route, Flow):
            listener.send(data, route)
        else:
            listener.send(data, listener.flow_to((route.host, route.port)))

    def _listener_for(self, route: Route) -> UdpListener | None:
        """Return the socket a flow came to, or for a destination the first of its address family."""
        if isinstance(route, Flow):
            for listener in self._udp:
                if listener.serves(route.local):
                    return listener
            return None
        ipv6 = ":" in route.host
        return next((one for one in self._udp if (":" in one.address[0]) == ipv6), None)

    def _arm(self) -> None:
        """Arm the timer. One that fires too early is left alone: it costs less than to cancel it."""
        deadline = None if self._closed else self._endpoint.next_deadline()
        if self._timer is not None:
            # Not the handle's when(): uvloop's handle of a deadline that has passed has none.
            if deadline is not None and self._armed_for <= deadline:
                return
            self._timer.cancel()
            self._timer = None
        if deadline is not None:
            self._armed_for = deadline
            self._timer = self._loop.call_at(deadline, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._endpoint.handle_timers(self.now())
        self.settle()

    def _receive_datagram(self, data: bytes, flow: Flow) -> None:
        self._endpoint.receive_datagram(data, flow, self.now())
        self.settle()

    def _local_message_came(self, data: bytes, flow: Flow) -> None:
        if not self._closed:
            self._turns.take(lambda: self._receive_frame(data, flow), Lane.CALLS)

    def _receive_bytes(self, data: bytes, flow: Flow) -> None:
        self._endpoint.receive_bytes(data, flow, self.now())
        self.settle()

    def _receive_frame(self, data: bytes, flow: Flow) -> None:
        self._endpoint.receive_frame(data, flow, self.now())
        self.settle()

    def _flow_closed(self, flow: Flow) -> None:
        self._endpoint.flow_closed(flow, self.now())
        if not self._closed:
            self.on_closed(flow)
        self.settle()

    def _flow_failed(self, route: Route) -> None:
        self._endpoint.flow_failed(route, self.now())
        self.settle()
