"""Who passed a call on, as History-Info tells: RFC 7044 sections 5 and 10, its causes in RFC 7544."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from sip.grammar import is_digits
from sip.header_fields import parsed
from sip.header_values import NameAddr, TaggedValue
from sip.message import Request
from sip.privacy import is_anonymous, wishes_in
from sip.uri import SipUri, unescape

_DIVERTED: Final = frozenset(("302", "404", "408", "480", "486", "487", "503"))
"""Causes that Diversion has a reason for (RFC 7544). 380 translates a service number, and diverts nothing."""

_TRANSLATED: Final = "380"

_FOUND: Final = frozenset(("rc", "np"))
"""What says that an entry is for whom the one before it was."""

_PRIVATE: Final = frozenset(("history", "header", "session"))
"""Wishes that cover the entries of the whole request (RFC 7044 section 10.1.1)."""


def diverted_by(request: Request) -> NameAddr | None:
    """Return who passed the call on last; None when nobody did, or who it was is not to be told.

    That is the entry before the one which a diversion made: which names it in ``mp``, or says why in the
    ``cause`` of its URI. Older networks say so in the Reason of the diverting entry itself.
    """
    entries = request.history
    if not entries or _is_private(request.headers.lines("Privacy")):
        return None
    by_index = {entry.parameters.get("index"): entry for entry in entries}
    for before, entry in reversed(list(pairwise(entries))):
        cause = _cause(entry)
        mapped = by_index.get(entry.parameters.get("mp") or "", before)
        if cause in _DIVERTED or ("mp" in entry.parameters and cause != _TRANSLATED):
            return _told(mapped)
        if not cause and not _same_callee(entry) and _says_diverted(before):
            return _told(before)
    return None


def _told(entry: NameAddr) -> NameAddr | None:
    return None if is_anonymous(entry) or _is_private(_within(entry, "privacy")) else entry


def _cause(entry: NameAddr) -> str:
    return (entry.uri.parameters.get("cause") if isinstance(entry.uri, SipUri) else None) or ""


def _same_callee(entry: NameAddr) -> bool:
    return any(name in entry.parameters for name in _FOUND)


def _says_diverted(entry: NameAddr) -> bool:
    reasons = (parsed("History-Info", reason, TaggedValue.parse) for reason in _within(entry, "reason"))
    causes = (reason.parameters.get("cause") or "" for reason in reasons if reason.value.lower() == "sip")
    return any(is_digits(cause) and cause in _DIVERTED for cause in causes)


def _within(entry: NameAddr, name: str) -> list[str]:
    """Return the values of a header that stands escaped in the entry's URI."""
    headers = entry.uri.headers if isinstance(entry.uri, SipUri) else ()
    return [unescape(value) for each, value in headers if each.lower() == name]


def _is_private(lines: Iterable[str]) -> bool:
    return not _PRIVATE.isdisjoint(wishes_in(lines))
