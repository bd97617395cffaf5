"""The way of a request through proxies: RFC 3261 section 12.2.1.1, also for a route set known beforehand."""

from __future__ import annotations

from collections.abc import Sequence

from sip.header_values import NameAddr
from sip.uri import SipUri, Uri


def target_and_routes(target: Uri, route_set: Sequence[NameAddr]) -> tuple[Uri, tuple[NameAddr, ...]]:
    """Return the Request-URI and the Route values of a request to ``target``: loose or strict routing."""
    if not route_set:
        return without_headers(target), ()
    first = route_set[0].uri
    if isinstance(first, SipUri) and first.loose:
        return without_headers(target), tuple(route_set)
    return without_headers(first), (*route_set[1:], NameAddr(target))


def without_headers(uri: Uri) -> Uri:
    """Return a URI as a Request-URI may have it (section 19.1.1)."""
    return uri.without_headers() if isinstance(uri, SipUri) else uri
