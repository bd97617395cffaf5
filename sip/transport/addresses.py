"""Addresses as listeners are told them and as sockets give them."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from functools import lru_cache

from sip.errors import UsageError, shown
from sip.flow import Address

_WILDCARDS = frozenset({"", "0.0.0.0", "::"})

# RFC 5737: routed like any public address, owned by nobody. Nothing is sent to it.
_ANYWHERE = "192.0.2.1"


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """Where to listen."""

    transport: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> ListenAddress:
        """Read ``udp:127.0.0.1:5060``, ``tls:[::1]:5061`` and the like."""
        transport, _, rest = text.partition(":")
        host, colon, port = rest.rpartition(":")
        if transport not in ("udp", "tcp", "tls") or not colon or not port.isdigit() or int(port) > 65535:
            raise UsageError(
                f"listen address {shown(text)}; write udp:HOST:PORT, tcp:HOST:PORT or tls:HOST:PORT"
            )
        return cls(transport.upper(), host.strip("[]"), int(port))


def is_wildcard(host: str) -> bool:
    """Tell whether a bound host means every address of the machine."""
    return host in _WILDCARDS


def near_end(host: str) -> str:
    """Return the address at which this machine reaches a bound host."""
    if not is_wildcard(host):
        return host
    return "::1" if ":" in host else "127.0.0.1"


@lru_cache(maxsize=4096)
def local_host_towards(host: str) -> str:
    """Return the address our packets to ``host`` carry; connecting a datagram socket sends nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, 9))
        except OSError:
            return "::1" if family == socket.AF_INET6 else "127.0.0.1"
        return str(probe.getsockname()[0])


def announced(host: str) -> str:
    """Return what to tell peers for a bound host: itself, or for a wildcard how we reach the world."""
    return local_host_towards(_ANYWHERE) if is_wildcard(host) else host


def address_of(name: object) -> Address:
    """Return host and port of what a socket calls its name, for either family."""
    assert isinstance(name, tuple), "internet sockets have tuples for names"
    return str(name[0]), int(name[1])
