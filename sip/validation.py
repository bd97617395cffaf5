"""What a UAS checks before it acts on a request (RFC 3261 sections 8.1.1 and 8.2), and a UAC on a response.

Requests from RFC 2543 clients, which are known by a topmost Via without the magic cookie, may lack
what only RFC 3261 made mandatory: the From tag and the Contact of an INVITE.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sip.errors import HeaderError, PeerError, shown
from sip.header_fields import values_of
from sip.message import Request, Response, refusal
from sip.status import reason_phrase
from sip.uri import OpaqueUri, SipUri

_METHODS: Final = """
    ACK BYE CANCEL INFO INVITE MESSAGE NOTIFY OPTIONS PRACK PUBLISH REFER REGISTER SUBSCRIBE UPDATE
"""
KNOWN_METHODS: Final = frozenset(_METHODS.split())
"""The IANA registry: one of these that is not served gets 405, any other 501 (8.2.1, 21.5.2)."""

_AT_MOST_ONCE: Final = ("Content-Disposition", "Expires", "Content-Length")
"""Headers that are not read here, of which a second one is refused all the same."""
_NEEDS_CONTACT: Final = frozenset(("INVITE", "SUBSCRIBE", "REFER", "UPDATE", "NOTIFY"))
_OF_REGISTRATIONS: Final = frozenset(("path",))
"""Option tags that a registrar serves and that say nothing elsewhere (RFC 3327 section 4)."""
_NEVER_REFUSED_FOR_EXTENSIONS: Final = frozenset(("ACK", "CANCEL"))  # 8.2.2.3


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this UAS serves. Without it a request is checked for form only."""

    methods: frozenset[str]
    extensions: frozenset[str]
    """Option tags that Require may name."""
    content_types: frozenset[str]
    """``type/subtype`` of bodies, lower case."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not served, and what to answer."""

    status: int
    reason: str
    detail: str
    """For the trace: names the header, the value and the cure."""
    headers: tuple[tuple[str, str], ...] = ()
    """What the answer must also say: Allow, Unsupported, Accept."""

    def response(self, request: Request, to_tag: str | None = None) -> Response | None:
        """Make the answer; ``None`` when there must be none: an ACK, or a Via that names no sender."""
        if request.method == "ACK":
            return None
        response = refusal(request.headers, self.status, self.reason, to_tag=to_tag)
        if response is not None:
            for name, value in self.headers:
                response.headers.add(name, value)
        return response


def check_request(request: Request, capabilities: Capabilities | None = None) -> Refusal | None:
    """Return why ``request`` is refused, or ``None`` when it is sound and served."""
    try:
        _check_form(request)
    except PeerError as flaw:
        reason = flaw.reason
        if isinstance(flaw, HeaderError) and flaw.status == 400:
            reason = f"Bad {flaw.header} header"  # 21.4.1 asks for the problem in the phrase
        return Refusal(flaw.status, reason, str(flaw))
    if capabilities is None:
        return None
    return _check_capabilities(request, capabilities)


def check_response(response: Response) -> str | None:
    """Return why ``response`` must be dropped without a word, or ``None`` when it is sound."""
    try:
        if len(values_of(response.headers, "Via")) != 1:
            return "it has several Via values, so it was not meant for this hop (8.1.3.3)"
        _ = response.via, response.cseq, response.from_, response.to, response.call_id, response.contacts
        _ = response.record_routes
    except PeerError as flaw:
        return str(flaw)
    return None


def _check_form(request: Request) -> None:
    via = request.via
    from_ = request.from_
    to = request.to
    _ = request.call_id, request.max_forwards, request.content_type, request.routes, request.record_routes
    for name in _AT_MOST_ONCE if request.headers.repeats else ():
        count = request.headers.count(name)
        if count > 1:
            raise HeaderError(
                name, request.headers.lines(name)[1], f"send {name} once, it is there {count} times"
            )
    if request.cseq.method != request.method:
        raise HeaderError("CSeq", str(request.cseq), f"repeat the method {shown(request.method)}")
    if via.has_magic_cookie and from_.tag is None:
        raise HeaderError("From", request.headers.get("From", ""), "add a tag")
    _check_request_uri(request)
    if request.method == "REGISTER" and not isinstance(to.uri, SipUri):
        raise HeaderError("To", request.headers.get("To", ""), "register a SIP or SIPS URI (10.2)")
    _check_contact(request)


def _check_request_uri(request: Request) -> None:
    uri = request.uri
    if isinstance(uri, OpaqueUri):
        raise PeerError(f"Request-URI {shown(request.uri_text)}: use sip, sips or tel", 416)
    if isinstance(uri, SipUri) and uri.headers:
        raise PeerError(f"Request-URI {shown(request.uri_text)}: leave out the headers after ? (19.1.1)")


def _check_contact(request: Request) -> None:
    contacts = request.contacts
    if request.method == "REGISTER":
        return
    if request.contact_is_star:
        raise HeaderError("Contact", "*", "only a REGISTER may send *")
    if request.method not in _NEEDS_CONTACT:
        return
    text = request.headers.get("Contact") or ""
    if len(contacts) > 1:
        raise HeaderError("Contact", text, f"send one Contact, not {len(contacts)} (8.1.1.8)")
    if contacts and not isinstance(contacts[0].uri, SipUri):
        raise HeaderError("Contact", text, "give a SIP or SIPS URI (8.1.1.8)")
    if not contacts and request.method == "INVITE" and request.via.has_magic_cookie:
        raise HeaderError("Contact", "", "send one Contact (8.1.1.8)")


def _check_capabilities(request: Request, capabilities: Capabilities) -> Refusal | None:
    """Inspect method, extensions and content in the order of section 8.2."""
    method = request.method
    if method not in capabilities.methods:
        status = 405 if method in KNOWN_METHODS else 501
        allow = ", ".join(sorted(capabilities.methods))
        return _refuse(status, f"method {shown(method)} is not served", ("Allow", allow))
    try:
        return _check_extensions(request, capabilities) or _check_content(request, capabilities)
    except PeerError as flaw:
        return Refusal(flaw.status, flaw.reason, str(flaw))


def _check_extensions(request: Request, capabilities: Capabilities) -> Refusal | None:
    if request.method in _NEVER_REFUSED_FOR_EXTENSIONS:
        return None
    served = capabilities.extensions
    if request.method == "REGISTER":
        served |= _OF_REGISTRATIONS
    unknown = [tag for tag in request.require if tag.lower() not in served]
    if unknown:
        return _refuse(420, f"Require names {shown(', '.join(unknown))}", ("Unsupported", ", ".join(unknown)))
    return None


def _check_content(request: Request, capabilities: Capabilities) -> Refusal | None:
    encodings = [name for name in request.content_encodings if name.lower() != "identity"]
    if encodings:
        return _refuse(415, f"body is encoded as {shown(encodings[0])}", ("Accept-Encoding", "identity"))
    content_type = request.content_type
    essence = content_type.essence if content_type is not None else ""
    if request.body and essence not in capabilities.content_types and not _may_be_ignored(request):
        accept = ", ".join(sorted(capabilities.content_types))
        return _refuse(415, f"body of type {shown(essence)} is not served", ("Accept", accept))
    accepted = request.accept
    if (
        request.method == "INVITE"
        and accepted
        and not any(one.accepts("application/sdp") for one in accepted)
    ):
        return _refuse(406, "the caller accepts no application/sdp in the answer")
    return None


def _may_be_ignored(request: Request) -> bool:
    disposition = request.content_disposition
    return disposition is not None and disposition.parameters.get("handling") == "optional"


def _refuse(status: int, detail: str, *headers: tuple[str, str]) -> Refusal:
    return Refusal(status, reason_phrase(status), detail, headers)
