"""Which requests are too large for a datagram and go over a stream: RFC 3261 section 18.1.1."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from sip.flow import Address, Destination, Route
from sip.local_identity import destination_of
from sip.message import Request
from sip.uri import SipUri, Uri

LARGEST_DATAGRAM: Final = 1300
"""Octets of a request that may go over UDP while the path MTU is unknown."""

REFUSAL_REMEMBERED: Final = 600.0
"""Seconds in which a peer that refused a stream is sent datagrams of any size, without being asked again."""

MOST_REFUSALS: Final = 1024


class LargeRequests:
    """Decides which requests to UDP peers go over TCP instead, and remembers who does not take it."""

    def __init__(self) -> None:
        self._refused: OrderedDict[Address, float] = OrderedDict()

    def stream_for(self, request: Request, route: Route, now: float) -> Destination | None:
        """Return where to connect to, or None for a request that goes the way it was to go.

        A peer that is reached along the way its own packets came stays there unless it can be connected to:
        behind a NAT nobody listens where it seems to be. A URI that says ``transport=udp`` means it.
        """
        if route.transport != "UDP" or len(request.to_bytes()) <= LARGEST_DATAGRAM:
            return None
        hop = _next_hop(request)
        if isinstance(hop, SipUri) and hop.transport == "UDP":
            return None
        address = _address(hop, route)
        if address is None or now < self._refused.get(address, now):
            return None
        return Destination("TCP", *address)

    def refused(self, route: Route, now: float) -> None:
        """Learn that no stream to this place could be opened."""
        if isinstance(route, Destination) and route.transport == "TCP":
            self._refused[route.host, route.port] = now + REFUSAL_REMEMBERED
            self._refused.move_to_end((route.host, route.port))
            if len(self._refused) > MOST_REFUSALS:
                self._refused.popitem(last=False)


def _next_hop(request: Request) -> Uri:
    """Return the URI a request is sent to: its first route, else its Request-URI (section 8.1.2)."""
    return next((address.uri for address in request.routes), request.uri)


def _address(hop: Uri, route: Route) -> Address | None:
    if isinstance(route, Destination):
        return route.host, route.port
    found = destination_of(hop, "UDP", None)
    return route.remote if found is not None and (found.host, found.port) == route.remote else None
