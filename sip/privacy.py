"""What a caller wants to be hidden: RFC 3323 sections 4.1 and 4.2, RFC 3325 section 9.3."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sip.errors import PeerError
from sip.header_values import NameAddr
from sip.message import Request
from sip.uri import SipUri

ANONYMOUS: Final = NameAddr(SipUri("anonymous.invalid", "anonymous"), "Anonymous")
"""The address of somebody who does not want to be known (section 4.1.1.3)."""

_HIDE_WHO_CALLS: Final = frozenset(("id", "user", "header"))
_HIDDEN_NUMBER: Final = frozenset(("full", "uri"))
"""Values of ``privacy`` in Remote-Party-ID (draft-ietf-sip-privacy-04)."""


def is_anonymous(address: NameAddr) -> bool:
    """Tell whether an address names nobody."""
    uri = address.uri
    if not isinstance(uri, SipUri):
        return False
    return (uri.username or "").lower() == "anonymous" or uri.host.lower() == "anonymous.invalid"


def hides_caller(request: Request) -> bool:
    """Tell whether whoever is called must not see who calls, though we may know it."""
    if is_anonymous(request.from_):
        return True
    wishes = wishes_in(request.headers.lines("Privacy"))
    return not _HIDE_WHO_CALLS.isdisjoint(wishes) or _number_hidden(request)


def wishes_in(lines: Iterable[str]) -> list[str]:
    """Return what the values of Privacy ask for, in lower case (section 4.2); some write commas."""
    return [wish.strip() for wish in ";".join(lines).replace(",", ";").lower().split(";")]


def _number_hidden(request: Request) -> bool:
    line = request.headers.get("Remote-Party-ID")
    try:
        parameters = NameAddr.parse(line).parameters if line else None
    except PeerError:
        return False
    return parameters is not None and (parameters.get("privacy") or "").lower() in _HIDDEN_NUMBER
