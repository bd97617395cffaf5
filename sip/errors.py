"""The errors of the SIP floor.

- SipError
    - UsageError: ours; the caller of this package asked for something illegal
    - PeerError: theirs; carries the ``status`` and ``reason`` to answer with
        - MalformedValue: one value breaks its grammar
            - UriError: a URI is malformed or of a scheme that is not served here
            - HeaderError: a header field is missing, repeated or malformed
        - RegistrationRefused: a REGISTER asks for what is not granted
        - sip.message.MalformedMessage: no message could be read, or its framing is broken
"""

from __future__ import annotations

from sip.status import reason_phrase

SHOWN_LENGTH = 80
"""Characters of a hostile value that an error message repeats: enough to find it, too few to flood a log."""


def shown(value: str | bytes) -> str:
    """Return ``value`` quoted, escaped and cut to a length that is safe in a log line."""
    if len(value) <= SHOWN_LENGTH:
        return repr(value)
    return f"{value[:SHOWN_LENGTH]!r}... ({len(value)} in all)"


class SipError(Exception):
    """Everything this floor raises on purpose."""


class UsageError(SipError, ValueError):
    """Ours: a value that must never reach the wire, or a call that is illegal now."""


class PeerError(SipError):
    """Theirs: what the peer sent is wrong. ``status`` and ``reason`` say what to answer."""

    def __init__(self, message: str, status: int = 400, reason: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason if reason is not None else reason_phrase(status)


class MalformedValue(PeerError):
    """One value breaks its grammar. ``cure`` is what a correct value looks like."""

    def __init__(self, value: str, cure: str, *, what: str = "value", status: int = 400) -> None:
        super().__init__(f"{what} {shown(value)}: {cure}", status)
        self.value = value
        self.cure = cure


class UriError(MalformedValue):
    """A URI is malformed (400) or of a scheme that is not served here (416)."""

    def __init__(self, value: str, cure: str, *, status: int = 400) -> None:
        super().__init__(value, cure, what="URI", status=status)


class HeaderError(MalformedValue):
    """A header field is missing, appears too often, or has a malformed value."""

    def __init__(self, header: str, value: str, cure: str, *, status: int = 400) -> None:
        super().__init__(value, cure, what=f"header {header}", status=status)
        self.header = header


class RegistrationRefused(PeerError):
    """A REGISTER asks for what is not granted. ``headers`` belong into the answer."""

    def __init__(self, message: str, status: int, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message, status)
        self.headers = headers
