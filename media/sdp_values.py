"""What single lines of a session description say (RFC 8866)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_ADDRESS = 100
"""Characters; a longer one is a host name."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """``a=name`` or ``a=name:value``; names are compared without case."""

    name: str
    value: str | None = None

    def __str__(self) -> str:
        return self.name if self.value is None else f"{self.name}:{self.value}"


@dataclass(frozen=True, slots=True)
class Rtpmap:
    """What a payload type stands for (RFC 8866 section 6.6)."""

    payload_type: int
    encoding_name: str
    clock_rate: int
    channels: int = 1


@lru_cache(maxsize=1024)
def _ip(text: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Connection:
    """``c=``: where to send to (RFC 8866 section 5.7)."""

    address: str
    """An address, or a host name as the peer wrote it."""
    address_type: str = "IP4"
    suffix: str = ""
    """TTL and number of a multicast address, with their slashes."""

    @classmethod
    def to(cls, address: str) -> Connection:
        return cls(address, "IP6" if ":" in address else "IP4")

    @property
    def ip(self) -> IpAddress | None:
        """The address as a value; None when it is a host name."""
        return _ip(self.address) if len(self.address) <= MAX_ADDRESS else None

    def __str__(self) -> str:
        return f"IN {self.address_type} {self.address}{self.suffix}"


@dataclass(frozen=True, slots=True)
class Origin:
    """``o=``: who wrote the description, and which version of it this is (section 5.2)."""

    username: str = "-"
    session_id: str = "0"
    version: str = "0"
    address: Connection = Connection("0.0.0.0")

    def __str__(self) -> str:
        return f"{self.username} {self.session_id} {self.version} {self.address}"
