"""Socket addresses as the kernel lays them out, for the leg table."""

from __future__ import annotations

import socket
import struct
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from media.errors import MediaMisuse
from media.plane import layout as c
from media.plane.legs import Octets

Address = tuple[str, int]

_WORDS = struct.Struct(f"={c.ADDRESS_OCTETS // 8}q")


@lru_cache(maxsize=1024)
def parse_host(host: str, family: int) -> IPv4Address | IPv6Address:
    """Return the address literal ``host``; raises :class:`MediaMisuse` for a name, or another family's."""
    try:
        address = ip_address(host)
    except ValueError as error:
        raise MediaMisuse(f"{host!r} is no IP address; resolve it before applying it to a leg") from error
    if (address.version == 4) != (family == socket.AF_INET):
        raise MediaMisuse(f"{host} cannot be reached from RTP sockets of the other IP version")
    return address


@lru_cache(maxsize=1024)
def hides_a_network(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether packets of a host that calls itself ``address`` may come from any other, through a NAT."""
    return not address.is_global and not address.is_loopback


def to_words(address: Address, family: int) -> list[int]:
    """Return the sockaddr of ``address`` as the words of a command."""
    host, port = parse_host(address[0], family), address[1]
    if not 0 < port <= 65535:
        raise MediaMisuse(f"{port} is no UDP port to send to")
    # The family is in host order, everything else in network order.
    packed = struct.pack("=H", family) + struct.pack("!H", port)
    packed += host.packed if family == socket.AF_INET else bytes(4) + host.packed
    return list(_WORDS.unpack(packed.ljust(c.ADDRESS_OCTETS, b"\0")))


def from_octets(octets: Octets) -> Address:
    """Return host and port of a sockaddr in the leg table."""
    raw = octets.tobytes()
    family, port = struct.unpack_from("=H", raw)[0], struct.unpack_from("!H", raw, 2)[0]
    start, end = (4, 8) if family == socket.AF_INET else (8, 24)
    return str(ip_address(raw[start:end])), port
