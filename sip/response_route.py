"""Where a response goes: RFC 3261 sections 18.2.1 and 18.2.2, RFC 3581."""

from __future__ import annotations

from typing import Final

from sip.flow import Destination, Flow, Route
from sip.message import Request

DEFAULT_PORTS: Final = {"UDP": 5060, "TCP": 5060, "TLS": 5061, "WS": 80, "WSS": 443}


def note_source(request: Request, flow: Flow) -> None:
    """Write the packet's source into the top Via: ``received``, and ``rport`` when it was asked for."""
    via = request.via
    noted = via.with_source(*flow.remote)
    if noted is not via:
        request.headers.replace_first("Via", noted)
        Request.via.keep(request, noted)


def response_route(request: Request, flow: Flow, *, follow_flow: bool) -> Route:
    """Return where the responses to a request go.

    That is the flow, unless a datagram's sender did not ask for ``rport`` and ``follow_flow`` is off: then
    the port its Via names. ``maddr`` is not honoured: it would let one packet make us send to a third party.
    """
    if flow.is_reliable or follow_flow or request.via.wants_rport:
        return flow
    port = request.via.port or DEFAULT_PORTS["UDP"]
    return Flow(flow.transport, flow.local, (flow.remote[0], port), flow.identity)


def sent_by(port: int | None, flow: Flow) -> Destination:
    """Return where to connect to when the stream of a request is gone; ``port`` is what its Via names."""
    port = port or DEFAULT_PORTS.get(flow.transport, 5060)
    return Destination(flow.transport, flow.remote[0], port)
