"""Where the peer wants its packets: the address of a description, as it can be reached from ours."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from media.errors import OfferRejected
from media.sdp import MediaDescription, SessionDescription
from media.sdp_values import IpAddress

Address = tuple[str, int]


def remote_address(
    description: SessionDescription, media: MediaDescription, local: str, signalling: str | None
) -> Address | None:
    """Return where ``media`` wants its packets; None for the hold address of RFC 2543.

    ``local`` is our address, ``signalling`` the one that the peer signals from, if it is known. Raises
    :class:`OfferRejected` where no packet can be sent.
    """
    connection = description.connection_of(media)
    if connection is None:
        raise OfferRejected("it has no c= line, so that nobody knows where to send to")
    if connection.ip is None and signalling is None:
        raise OfferRejected(f"c= names the host {connection.address!r}; an IP address is needed")
    host = _host(connection.ip, local, signalling)
    return (host, media.port) if host is not None else None


@lru_cache(maxsize=1024)
def _host(address: IpAddress | None, local: str, signalling: str | None) -> str | None:
    """Return where an address of a description leads to; None for the hold address.

    It is the same in all calls of a peer, and to find out of what kind an address is takes long.
    """
    ours = ipaddress.ip_address(local)
    if address is not None and address.is_unspecified:
        return None
    if (address is None or address.version != ours.version) and signalling is not None:
        address = ipaddress.ip_address(signalling)
    assert address is not None, "a peer without an address of its own has the one that it signals from"
    if address.is_multicast or str(address) == "255.255.255.255":
        raise OfferRejected(f"{address} is no unicast address")
    if address.version != ours.version:
        raise OfferRejected(f"{address} cannot be reached from {local}")
    return str(address)
