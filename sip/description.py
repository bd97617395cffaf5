"""The session description in a message, whole or as one part of a multipart body (RFC 5621)."""

from __future__ import annotations

from typing import Final

from sip.errors import PeerError
from sip.message import Message
from sip.multipart import body_part

SDP: Final = "application/sdp"


def description(message: Message) -> bytes:
    """Return the session description; empty when the message carries none that can be read.

    A body that nobody says the type of can be nothing else.
    """
    if not message.body:
        return b""
    try:
        return message.body if message.content_type is None else body_part(message, SDP) or b""
    except PeerError:
        return b""
