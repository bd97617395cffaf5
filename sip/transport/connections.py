"""Who is connected: the streams of one kind, whoever opened them and whoever owns their sockets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sip.flow import Address, Destination, Flow


@dataclass(frozen=True, kw_only=True)
class StreamLimits:
    """What streams may cost."""

    connections: int = 2_000
    """Connections at once; beyond it a new one is closed unread."""
    connections_per_host: int = 200
    """Of these, from one address: a NAT with a call centre behind it needs many, an attacker gets no more."""
    unsent_bytes: int = 262_144
    """Octets a peer may leave unread (or we may queue while connecting) before it is cut off."""
    connect_timeout: float = 4.0
    """Seconds, in which the kernel knocks three times. A large request to a peer without TCP waits for it
    where a firewall refuses in silence, and then goes over UDP."""


class Connection(Protocol):
    """What a stack needs of a connection."""

    def send(self, data: bytes) -> None:
        """Send, or cut off a peer that does not read."""

    def close(self) -> None:
        """Close after what was sent has left."""

    def abort(self) -> None:
        """Close at once."""


C = TypeVar("C", bound=Connection)


class Connections(Generic[C]):
    """Finds connections by flow and by peer, and has room for only so many."""

    def __init__(self, limits: StreamLimits) -> None:
        self._limits = limits
        self._by_flow: dict[Flow, C] = {}
        self._by_peer: dict[Address, C] = {}
        self._per_host: Counter[str] = Counter()
        self._places = 0
        """Places that are taken, by connections and by those who have one kept."""

    def __len__(self) -> int:
        return len(self._by_flow)

    def admit(self, flow: Flow, connection: C) -> bool:
        """Take up a connection, if there is room for it."""
        if not self.keep_place(flow.remote[0]):
            return False
        self.seat(flow, connection)
        return True

    def keep_place(self, host: str) -> bool:
        """Keep a place for a connection that is to come about, if there is one."""
        limits = self._limits
        if self._places >= limits.connections or self._per_host[host] >= limits.connections_per_host:
            return False
        self._per_host[host] += 1
        self._places += 1
        return True

    def give_up_place(self, host: str) -> None:
        """Learn that the connection did not come about."""
        self._places -= 1
        self._per_host[host] -= 1
        if not self._per_host[host]:
            del self._per_host[host]

    def seat(self, flow: Flow, connection: C) -> None:
        """Take up a connection in the place that was kept for it."""
        self._by_flow[flow] = connection
        self._by_peer[flow.remote] = connection

    def of_flow(self, flow: Flow) -> C | None:
        """Return the connection that is a flow, while it stands."""
        return self._by_flow.get(flow)

    def towards(self, destination: Destination) -> C | None:
        """Return the newest connection with a peer."""
        return self._by_peer.get((destination.host, destination.port))

    def forget(self, flow: Flow) -> None:
        """Let go of a connection that is closed."""
        connection = self._by_flow.pop(flow)
        if self._by_peer.get(flow.remote) is connection:
            del self._by_peer[flow.remote]
        self.give_up_place(flow.remote[0])

    def abort_all(self) -> None:
        """Close every connection at once."""
        for connection in list(self._by_flow.values()):
            connection.abort()
