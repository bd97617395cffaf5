"""Text of peers as it may go on: SIP carries octets that are no UTF-8, and URIs any control character."""

from __future__ import annotations

import re

_CONTROLS = re.compile("[\x00-\x1f\x7f]")


def encodable(text: str) -> str:
    """Return text that UTF-8 can carry: each octet that was none (a surrogate escape) becomes ``?``."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def storable(text: str) -> str:
    """Return text that every database takes: PostgreSQL holds no NUL."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else encodable(text)


def on_one_line(text: str) -> str:
    """Return a name or number without control characters, such as ``%0D%0A`` in a URI brings."""
    return _CONTROLS.sub("", encodable(text))
