"""Requests and responses: RFC 3261 section 7.

A message keeps its headers as text. What a property names is parsed when it is first read and
kept until a header changes; a malformed value raises :class:`HeaderError`, which says what to
answer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Final

from sip.errors import HeaderError, MalformedValue, PeerError, UsageError, shown
from sip.grammar import field_value_flaw, is_token
from sip.header_fields import Field, abilities, listed, optional, parsed, required, tokens, values_of
from sip.header_values import (
    CSeq,
    MediaType,
    NameAddr,
    RAck,
    Replaces,
    SessionExpires,
    TaggedValue,
    parse_call_id,
    parse_content_length,
    parse_delta_seconds,
    parse_max_forwards,
    parse_min_se,
    parse_rseq,
)
from sip.headers import Headers
from sip.remembered import kept
from sip.status import reason_phrase
from sip.uri import Uri, known_uri
from sip.via import Via

Fields = Headers | Iterable[tuple[str, object]]

_parse_contact: Final = kept(NameAddr.parse)


def _read_contacts(headers: Headers) -> tuple[NameAddr, ...]:
    values = values_of(headers, "Contact")
    if "*" in values:
        if len(values) > 1:
            raise HeaderError("Contact", ", ".join(values), "send * alone")
        return ()
    return tuple(parsed("Contact", value, _parse_contact) for value in values)


def _read_top_via(headers: Headers) -> Via:
    values = values_of(headers, "Via")
    if not values:
        raise HeaderError("Via", "", "send the missing header Via")
    return parsed("Via", values[0], Via.parse)


class Message(ABC):
    """What requests and responses share: header fields and a body of octets."""

    __slots__ = ("body", "headers")

    def __init__(self, headers: Fields, body: bytes) -> None:
        self.headers = headers if isinstance(headers, Headers) else Headers(headers)
        self.body = body

    via = Field("top Via", _read_top_via)
    """The topmost Via."""
    vias = listed("Via", Via.parse)
    from_ = required("From", kept(NameAddr.parse))
    to = required("To", kept(NameAddr.parse))
    call_id = required("Call-ID", parse_call_id)
    cseq = required("CSeq", kept(CSeq.parse))
    contacts: Field[tuple[NameAddr, ...]] = Field("Contact", _read_contacts, ())
    """Empty also for ``Contact: *``; see :attr:`contact_is_star`."""
    routes = listed("Route", kept(NameAddr.parse))
    paths = listed("Path", kept(NameAddr.parse))
    """The way back to who registers, nearest to us first (RFC 3327)."""
    record_routes = listed("Record-Route", kept(NameAddr.parse))
    content_type = optional("Content-Type", kept(MediaType.parse))
    content_length = optional("Content-Length", parse_content_length)
    content_disposition = optional("Content-Disposition", TaggedValue.parse)
    content_encodings = tokens("Content-Encoding")
    max_forwards = optional("Max-Forwards", parse_max_forwards)
    expires = optional("Expires", parse_delta_seconds)
    min_expires = optional("Min-Expires", parse_delta_seconds)
    require = tokens("Require")
    proxy_require = tokens("Proxy-Require")
    supported = abilities("Supported")
    unsupported = tokens("Unsupported")
    allow = abilities("Allow")
    accept = listed("Accept", MediaType.parse)
    session_expires = optional("Session-Expires", SessionExpires.parse)
    min_se = optional("Min-SE", parse_min_se)
    rseq = optional("RSeq", parse_rseq)
    rack = optional("RAck", RAck.parse)
    reasons = listed("Reason", TaggedValue.parse)
    event = optional("Event", TaggedValue.parse)
    subscription_state = optional("Subscription-State", TaggedValue.parse)
    refer_to = optional("Refer-To", NameAddr.parse)
    referred_by = optional("Referred-By", NameAddr.parse)
    replaces = optional("Replaces", Replaces.parse)
    diversions = listed("Diversion", NameAddr.parse)
    history = listed("History-Info", NameAddr.parse)
    asserted_identities = listed("P-Asserted-Identity", NameAddr.parse)

    @property
    def contact(self) -> NameAddr | None:
        """The first Contact."""
        contacts = self.contacts
        return contacts[0] if contacts else None

    @property
    def contact_is_star(self) -> bool:
        """True for ``Contact: *``, which in a REGISTER removes every binding (10.2.2)."""
        return not self.contacts and self.headers.get("Contact") == "*"

    @abstractmethod
    def start_line(self) -> str:
        """Return the first line without its line break."""

    def to_bytes(self) -> bytes:
        """Return the message for the wire; Content-Length always is the length of the body."""
        length = f"Content-Length: {len(self.body)}"
        lines = [self.start_line()]
        if "Content-Length" in self.headers:
            for key, name, value in self.headers.fields():
                if key != "content-length":
                    lines.append(f"{name}: {value}")
                elif length not in lines:
                    lines.append(length)
        else:
            lines += [f"{name}: {value}" for name, value in self.headers]
            lines.append(length)
        head = "\r\n".join(lines) + "\r\n\r\n"
        return head.encode("utf-8", "surrogateescape") + self.body

    def _same_content(self, other: Message) -> bool:
        # Content-Length is framing: to_bytes writes it whether or not it was there before.
        mine = [field for field in self.headers.keyed() if field[0] != "content-length"]
        theirs = [field for field in other.headers.keyed() if field[0] != "content-length"]
        return mine == theirs and self.body == other.body

    __hash__ = None  # type: ignore[assignment]


class Request(Message):
    """A request. ``uri`` may be given as text; it is then parsed when first read."""

    __slots__ = ("_uri", "method", "uri_text")

    def __init__(self, method: str, uri: Uri | str, headers: Fields = (), body: bytes = b"") -> None:
        super().__init__(headers, body)
        self.method = method
        self.uri_text = str(uri)
        """The Request-URI as received."""
        self._uri = None if isinstance(uri, str) else uri
        if not is_token(method):
            raise UsageError(f"method {shown(method)} must be a token")
        if not self.uri_text or _breaks_start_line(self.uri_text) or " " in self.uri_text:
            raise UsageError(
                f"Request-URI {shown(self.uri_text)} must be one word without control characters"
            )

    @classmethod
    def received(cls, method: str, uri: str, headers: Headers, body: bytes) -> Request:
        """Make a request of what the parser has already checked."""
        request = cls.__new__(cls)
        request.method = method
        request.uri_text = uri
        request._uri = None
        request.headers = headers
        request.body = body
        return request

    @property
    def uri(self) -> Uri:
        """The Request-URI; :class:`sip.errors.UriError` if it is malformed."""
        if self._uri is None:
            self._uri = known_uri(self.uri_text)
        return self._uri

    @property
    def summary(self) -> str:
        """What it is, in a word: the method."""
        return self.method

    def start_line(self) -> str:
        """Return the Request-Line."""
        return f"{self.method} {self.uri_text} SIP/2.0"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Request):
            return NotImplemented
        return (self.method, self.uri_text) == (other.method, other.uri_text) and self._same_content(other)

    def __repr__(self) -> str:
        call_id = shown(self.headers.get("Call-ID", ""))
        return f"<Request {self.method} {shown(self.uri_text)} Call-ID {call_id}>"


class Response(Message):
    """A response. Without ``reason`` it gets the registered phrase of its status."""

    __slots__ = ("reason", "status")

    def __init__(
        self, status: int, reason: str | None = None, headers: Fields = (), body: bytes = b""
    ) -> None:
        super().__init__(headers, body)
        self.status = status
        self.reason = reason_phrase(status) if reason is None else reason
        """The reason phrase of the status line; the Reason header is :attr:`reasons`."""
        if not 100 <= status <= 699:
            raise UsageError(f"status {status} must be 100 to 699")
        if reason is not None and _breaks_start_line(reason):
            raise UsageError(f"reason phrase {shown(self.reason)} must be one line of text")

    @classmethod
    def received(cls, status: int, reason: str, headers: Headers, body: bytes) -> Response:
        """Make a response of what the parser has already checked."""
        response = cls.__new__(cls)
        response.status = status
        response.reason = reason
        response.headers = headers
        response.body = body
        return response

    @classmethod
    def answer(
        cls,
        request: Request,
        status: int,
        reason: str | None = None,
        *,
        to_tag: str | None = None,
        headers: Iterable[tuple[str, object]] = (),
        body: bytes = b"",
    ) -> Response:
        """Make the response to ``request`` as RFC 3261 8.2.6.2 wants it.

        Via, From, To, Call-ID and CSeq are those of the request; ``to_tag`` is added to a To
        that has no tag. A 100 also repeats Timestamp (8.2.6.1).
        """
        response = cls(status, reason, echoed(request.headers, to_tag), body)
        if status == 100:
            response.headers.copy_from(request.headers, "Timestamp")
        for name, value in headers:
            response.headers.add(name, value)
        return response

    @property
    def summary(self) -> str:
        """What it is, in two words: the status and the method that it answers."""
        return f"{self.status} ({(self.headers.get('CSeq') or '?').split()[-1]})"

    def start_line(self) -> str:
        """Return the Status-Line."""
        return f"SIP/2.0 {self.status} {self.reason}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Response):
            return NotImplemented
        return (self.status, self.reason) == (other.status, other.reason) and self._same_content(other)

    def __repr__(self) -> str:
        return f"<Response {self.status} {shown(self.reason)} CSeq {shown(self.headers.get('CSeq', ''))}>"


ECHOED: Final = ("via", "from", "to", "call-id", "cseq")
"""Keys of the fields that every response repeats of its request (RFC 3261 section 8.2.6.2)."""


class MalformedMessage(PeerError):
    """What arrived is not a message, or its framing is broken.

    ``headers`` holds what could be read when it was a request, so that a stateless answer
    can be made (:func:`refusal`); ``None`` means that nothing can be answered.
    ``close`` is set when a stream has lost its framing and cannot be used any further.
    """

    def __init__(
        self, message: str, status: int = 400, *, headers: Headers | None = None, close: bool = False
    ) -> None:
        super().__init__(message, status)
        self.headers = headers
        self.close = close


def echoed(received: Headers, to_tag: str | None) -> Headers:
    """Return what every response repeats of a request; ``to_tag`` is added to a To that has no tag."""
    headers = received.selected(ECHOED)
    if to_tag is not None and received.count("To") == 1:
        try:
            to = received.structured("To", lambda fields: NameAddr.parse(fields.get("To") or ""))
        except MalformedValue:
            return headers
        if to.tag is None:
            headers.replace_first("To", f"{headers.get('To')};tag={to_tag}")
    return headers


def refusal(
    received: Headers | None, status: int, reason: str | None = None, *, to_tag: str | None = None
) -> Response | None:
    """Make the stateless answer to a request that may be broken; ``None`` when nobody can get it.

    Only the hop in the topmost Via must be readable, since that is where the answer goes.
    """
    if received is None or top_hop(received) is None:
        return None
    return Response(status, reason, echoed(received, to_tag))


def top_hop(received: Headers) -> Via | None:
    """Return who sent a message, from a Via that may have broken parameters; ``None`` if unreadable."""
    text = received.get("Via")
    try:
        return None if text is None else Via.parse_hop(text)
    except MalformedValue:
        return None


def _breaks_start_line(text: str) -> bool:
    return "\0" in text or field_value_flaw(text) is not None
