"""What a request says of who sends it and whom it is for."""

from __future__ import annotations

from engine.exchange.routing import Caller, ClientCaller, Ourselves, TrunkCaller
from engine.exchange.trunks import asserted_number
from engine.journal.call_parameters import passed_on
from engine.utf8 import on_one_line
from sip.errors import PeerError
from sip.header_values import NameAddr
from sip.history import diverted_by
from sip.message import Request
from sip.privacy import hides_caller, is_anonymous
from sip.uri import SipUri, Uri


class CallerDetails:
    """Read from an INVITE or a MESSAGE; raises ``PeerError`` where it cannot be read."""

    def __init__(self, request: Request, who: Caller) -> None:
        address = request.from_
        self.login = who.login if isinstance(who, ClientCaller) else ""
        """Of the client that proved who it is."""
        self.payer = who.payer if isinstance(who, Ourselves) else self.login
        """The client that answers for what the call costs."""
        self.dialled = user_of(request.uri)
        self.from_ = on_one_line(user_of(address.uri)) or "anonymous"
        self.private = hides_caller(request)
        """Whether those whom the call rings must not see who calls."""
        if isinstance(who, TrunkCaller | Ourselves) and (is_anonymous(address) or not address.uri.username):
            # The caller hides from the callee; the trunk, or we ourselves, tell who it is (RFC 3325).
            self.from_ = on_one_line(asserted_number(request) or "") or self.from_
        elif self.login and is_anonymous(address):
            self.from_ = self.login
        self.name = on_one_line(address.display_name or "")
        self.forwarded_from = on_one_line(_diverted_by(request))
        self.passed_on = passed_on(request.headers)


def number_called(request: Request, who: Caller) -> str | None:
    """Return the number that a carrier names beside the Contact that we registered with it.

    Its calls go to that Contact (RFC 3261 16.5), and say in P-Called-Party-ID (RFC 7315 4.2), else in To,
    which of our numbers was called. None for calls to anything else.
    """
    if not isinstance(who, TrunkCaller) or not who.trunk.register or who.trunk.login is None:
        return None
    if user_of(request.uri) != who.trunk.login.username:
        return None
    return _called_party(request) or request.to.uri.subscriber


def _called_party(request: Request) -> str | None:
    line = request.headers.get("P-Called-Party-ID")
    try:
        return NameAddr.parse(line).uri.subscriber if line else None
    except PeerError:
        return None


def user_of(uri: Uri) -> str:
    """Return whom the user part names, or the host of a URI without one."""
    return uri.subscriber or (uri.host if isinstance(uri, SipUri) else str(uri))


def _diverted_by(request: Request) -> str:
    """Return who passed the call on; what cannot be read tells nothing, and costs no call.

    Where there is no Diversion, History-Info may tell.
    """
    try:
        diverting = next(iter(request.diversions), None) or diverted_by(request)
    except PeerError:
        return ""
    return (diverting.uri.subscriber or "") if diverting is not None else ""
