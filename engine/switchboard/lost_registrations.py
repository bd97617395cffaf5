"""Ends the calls of a client whose place of registration is gone (rcml.md section 8)."""

from __future__ import annotations

from collections.abc import Iterable

from engine.legs.outgoing_leg import OutgoingLeg
from engine.legs.sip_leg import SipLeg
from engine.reporting import log
from sip.bindings import Binding
from sip.flow import Flow
from sip.message import Request
from sip.uri import SipUri

REASON = 'SIP;text="Registration_Removed"'


def end_calls_of(login: str, binding: Binding, legs: Iterable[SipLeg]) -> None:
    """Hang up every leg whose peer is where the client was registered.

    Only expiry, silence and a closed client remove a registration this way: a phone that unregisters itself
    may be moving to another network, and keeps its call.
    """
    for leg in tuple(legs):
        if _went_there(binding, leg) and _is_of(login, binding, leg) and not leg.gone:
            log.get("registrar").info("call.ended_with_registration", login=login, contact=str(binding.uri))
            leg.hang_up([("Reason", REASON)])


def _went_there(binding: Binding, leg: SipLeg) -> bool:
    """Tell whether a leg's peer is at the place, or names the contact where proxies stand in between."""
    if binding.path:
        return isinstance(leg, OutgoingLeg) or _names(leg.request, binding.uri)
    route = binding.route
    if route is None:
        return False
    gone = route.remote if isinstance(route, Flow) else (route.host, route.port)
    return leg.peer == (route.transport, gone)


def _names(request: Request, contact: SipUri) -> bool:
    theirs = request.contact
    return theirs is not None and isinstance(theirs.uri, SipUri) and theirs.uri.equivalent(contact)


def _is_of(login: str, binding: Binding, leg: SipLeg) -> bool:
    """Tell the client's leg from those of others who register from one address, as a PBX's users do."""
    if isinstance(leg, OutgoingLeg):
        return leg.request.uri_text == str(binding.uri)
    return leg.request.from_.uri.username == login
