"""Parts of a multipart body: RFC 2046 section 5.1 and RFC 5621."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sip.errors import MalformedValue, UsageError
from sip.header_values import MediaType
from sip.headers import Headers
from sip.message import Message

MAX_PARTS: Final = 32
"""Parts that are looked at; SDP with an ISUP body and a location needs three."""

_MAX_BOUNDARY: Final = 70  # RFC 2046 5.1.1
_MAX_HEAD: Final = 4_096
"""Octets of one part's headers: a Content-Type and a few more."""
_PLAIN_TEXT: Final = MediaType("text", "plain")  # RFC 2046 5.1: a part without a type


@dataclass(frozen=True, slots=True)
class BodyPart:
    """One part: its type and octets, and its other headers."""

    content_type: MediaType
    body: bytes
    headers: Headers

    @property
    def optional(self) -> bool:
        """True when the sender allows it not to be understood (RFC 5621 section 8)."""
        disposition = self.headers.get("Content-Disposition", "").lower().replace(" ", "")
        return "handling=optional" in disposition


def body_part(message: Message, essence: str) -> bytes | None:
    """Return the body of type ``essence`` (as in ``application/sdp``), itself or one part of a multipart.

    ``None`` when there is none. A multipart inside a multipart is looked into too. A malformed
    Content-Type raises :class:`sip.errors.HeaderError`; malformed parts are passed over.
    """
    content_type = message.content_type
    if content_type is None or not message.body:
        return None
    wanted = essence.lower()
    if content_type.essence == wanted:
        return message.body
    return next((part.body for part in all_parts(message) if part.content_type.essence == wanted), None)


def all_parts(message: Message) -> list[BodyPart]:
    """Return the parts of the body in order, those of a nested multipart in its place."""
    content_type = message.content_type
    if content_type is None:
        return []
    found: list[BodyPart] = []
    for part in split_parts(message.body, content_type):
        nested = part.content_type.type == "multipart"
        found.extend(split_parts(part.body, part.content_type) if nested else [part])
    return found


def split_parts(body: bytes, content_type: MediaType) -> list[BodyPart]:
    """Return the parts of one multipart body; none if it is no multipart or names no usable boundary."""
    boundary = content_type.parameters.get("boundary") or ""
    if content_type.type != "multipart" or not 0 < len(boundary) <= _MAX_BOUNDARY:
        return []
    delimiter = b"\r\n--" + boundary.encode("utf-8", "surrogateescape")
    return [part for text in _between(b"\r\n" + body, delimiter) if (part := _parse_part(text)) is not None]


def _between(body: bytes, delimiter: bytes) -> Iterator[bytes]:
    """Yield what stands between delimiters, up to the closing one; without that, up to the end."""
    place = _next_delimiter(body, delimiter, 0)
    for _ in range(MAX_PARTS):
        if place < 0:
            return
        begin = place + len(delimiter)
        if body[begin : begin + 2] == b"--":
            return
        place = _next_delimiter(body, delimiter, begin)
        yield body[begin:place] if place >= 0 else body[begin:]


def _next_delimiter(body: bytes, delimiter: bytes, start: int) -> int:
    """Find a delimiter that is a whole line, since one boundary may begin with another."""
    place = body.find(delimiter, start)
    while place >= 0:
        end = place + len(delimiter)
        if body[end : end + 1] in (b"\r", b" ", b"\t", b"") or body[end : end + 2] == b"--":
            return place
        place = body.find(delimiter, end)
    return -1


def _parse_part(text: bytes) -> BodyPart | None:
    line_rest, line_break, rest = text.partition(b"\r\n")
    if not line_break or line_rest.strip(b" \t"):
        return None
    if rest.startswith(b"\r\n"):
        return BodyPart(_PLAIN_TEXT, rest[2:], Headers())
    head, _, body = rest.partition(b"\r\n\r\n")
    if len(head) > _MAX_HEAD:
        return None
    try:
        headers = _parse_part_headers(head)
        named = headers.get("Content-Type")
        return BodyPart(_PLAIN_TEXT if named is None else MediaType.parse(named), body, headers)
    except (UsageError, MalformedValue):
        return None


def _parse_part_headers(head: bytes) -> Headers:
    text = head.decode("utf-8", "surrogateescape").replace("\r\n ", " ").replace("\r\n\t", " ")
    headers = Headers()
    for line in text.split("\r\n"):
        name, _, value = line.partition(":")
        headers.add(name.rstrip(" \t"), value)
    return headers
