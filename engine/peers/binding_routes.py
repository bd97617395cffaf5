"""Where requests to a client's contact go, names looked up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from sip.bindings import Binding
from sip.flow import Destination, Route
from sip.uri import SipUri

Resolve: TypeAlias = Callable[[SipUri], Awaitable[list[Destination]]]

RESOLVE_WITHIN = 5.0
"""Seconds that the name of a SIP host may take to resolve."""


async def routes_to(binding: Binding, resolve: Resolve) -> Sequence[Route]:
    """Return the places of a contact to try in order; none where there is no way to it.

    The name of a proxy in its Path is looked up (RFC 3263). A contact's own host is not: where that is a
    name the client is reached the way it came, or not at all.
    """
    route = binding.route
    if route is not None:
        return (route,)
    if not binding.path or not isinstance(binding.next_hop, SipUri):
        return ()
    try:
        async with asyncio.timeout(RESOLVE_WITHIN):
            return await resolve(binding.next_hop)
    except (OSError, TimeoutError):
        return ()
