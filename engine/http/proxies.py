"""Who asks, when a web server that we trust stands between."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def is_trusted(host: str, proxies: Iterable[Network]) -> bool:
    """Tell whether a host is one of the proxies."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in proxies)


def source_of(peer: str, forwarded: Iterable[str], proxies: tuple[Network, ...]) -> str:
    """Return the address that a request came from: the peer's, or what trusted proxies say of it.

    ``forwarded`` are the values of ``X-Forwarded-For``: each proxy writes whom it heard behind what it was
    told. So the last address that is no proxy of ours counts, and what stands before it may be a lie.
    """
    heard = [peer, *reversed([each.strip() for value in forwarded for each in value.split(",")])]
    source = peer
    for address in heard:
        if not _is_address(address):
            break
        source = address
        if not is_trusted(address, proxies):
            break
    return source


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
