"""Ends the calls of a client whose place of registration is gone (rcml.md section 8)."""

from __future__ import annotations

from collections.abc import Iterable

from engine.legs.outgoing_leg import OutgoingLeg
from engine.legs.sip_leg import SipLeg
from engine.reporting import log
from sip.bindings import Binding
from sip.flow import Flow

REASON = 'SIP;text="Registration_Removed"'


def end_calls_of(login: str, binding: Binding, legs: Iterable[SipLeg]) -> None:
    """Hang up every leg whose peer is where the client was registered.

    Only expiry, silence and a closed client remove a registration this way: a phone that unregisters itself
    may be moving to another network, and keeps its call.
    """
    route = binding.route
    if route is None:
        return
    gone = route.remote if isinstance(route, Flow) else (route.host, route.port)
    for leg in tuple(legs):
        if leg.peer == (route.transport, gone) and _is_of(login, binding, leg) and not leg.gone:
            log.get("registrar").info("call.ended_with_registration", login=login, contact=str(binding.uri))
            leg.hang_up([("Reason", REASON)])


def _is_of(login: str, binding: Binding, leg: SipLeg) -> bool:
    """Tell the client's leg from those of others who register from one address, as a PBX's users do."""
    if isinstance(leg, OutgoingLeg):
        return leg.request.uri_text == str(binding.uri)
    return leg.request.from_.uri.username == login
