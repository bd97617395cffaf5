"""Where SIP messages come from and go to, as plain values (RFC 5626 section 1.1: flow)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple, TypeAlias

Address: TypeAlias = tuple[str, int]
Place: TypeAlias = tuple[str, str, int]
"""Transport, host and port of a peer."""

LOCAL: Final = "LOCAL"
"""The transport of what we send to ourselves, which no socket carries (:mod:`sip.transport.local`)."""

RELIABLE_TRANSPORTS = frozenset({"TCP", "TLS", "WS", "WSS", "SCTP", LOCAL})


@dataclass(frozen=True, slots=True)
class Flow:
    """A path a message came along, and along which an answer goes back."""

    transport: str
    """``UDP``, ``TCP``, ``TLS``, ``WS``, ``WSS`` or ``LOCAL``, as the Via header spells it."""
    local: Address
    remote: Address
    identity: int = 0
    """0 for datagrams; a number of its own for each stream."""

    @property
    def is_reliable(self) -> bool:
        return self.transport in RELIABLE_TRANSPORTS

    def __str__(self) -> str:
        number = f" #{self.identity}" if self.identity else ""
        return f"{self.transport} {self.remote[0]}:{self.remote[1]}{number}"


@dataclass(frozen=True, slots=True)
class Destination:
    """A place to send to when there is no flow yet; the shell opens a stream if it needs one."""

    transport: str
    host: str
    """A numeric address; names are resolved before a destination is made."""
    port: int
    name: str = ""
    """The host that the URI names: what a certificate must be for over TLS (RFC 5922). Empty otherwise, and
    where the URI gives an address."""
    identity: ClassVar[int] = 0
    """It is no stream."""

    @property
    def is_reliable(self) -> bool:
        return self.transport in RELIABLE_TRANSPORTS

    def __str__(self) -> str:
        return f"{self.transport} {self.host}:{self.port}"


Route: TypeAlias = Flow | Destination


def goes_along(route: Route, other: Route) -> bool:
    """Tell whether what happens to ``other`` happens to ``route`` too.

    A destination stands for whichever stream the shell has open to it; two flows are the same or are not.
    Both lead to one place in any case.
    """
    if isinstance(route, Flow) and isinstance(other, Flow):
        return route == other
    return place_of(route) == place_of(other)


def place_of(route: Route) -> Place:
    """Return where a route leads."""
    if isinstance(route, Flow):
        return route.transport, *route.remote
    return route.transport, route.host, route.port


class Transmission(NamedTuple):
    """Bytes for the shell to send."""

    route: Route
    data: bytes
    close: bool = False
    """Close the stream afterwards: its framing is lost."""
