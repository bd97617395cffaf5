"""Where a 3xx leads: what a UAC makes of its Contacts (RFC 3261 sections 8.1.3.4 and 21.3)."""

from __future__ import annotations

from typing import Final

from sip.message import Response
from sip.uri import Uri

FOLLOWED: Final = frozenset({300, 301, 302})
"""305 and 380 ask for more than another address."""
MOST_REDIRECTS: Final = 5
"""Answers of this kind that ringing one party may take; servers that point at each other lead nowhere."""
MOST_CONTACTS: Final = 8
FORWARDING_HOPS: Final = 10
"""Hops that a telephone's forwarding costs, so that two that forward to each other soon have none left."""


def contacts_in(response: Response) -> list[Uri]:
    """Return where a 3xx says that somebody is, the most preferred first."""
    contacts = sorted(response.contacts, key=lambda contact: -contact.q)
    return [contact.uri for contact in contacts[:MOST_CONTACTS]]
