"""Where requests to a URI go: RFC 3263 section 4, NAPTR then SRV then addresses, and RFC 2782 for the order.

What is asked of the DNS comes through :class:`Lookup`, chance through ``below``: nothing here opens a socket.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Protocol, TypeVar

from sip.flow import Destination
from sip.response_route import DEFAULT_PORTS
from sip.uri import SipUri

MOST_DESTINATIONS: Final = 16
"""Places of one URI that are ever tried: a hostile zone must not keep a call busy for an hour."""

_SERVICES: Final = {"SIP+D2U": "UDP", "SIP+D2T": "TCP", "SIPS+D2T": "TLS"}
_SRV_NAMES: Final = {"UDP": "_sip._udp.", "TCP": "_sip._tcp.", "TLS": "_sips._tcp."}
_PREFERENCE: Final = ("UDP", "TCP", "TLS")


@dataclass(frozen=True, slots=True)
class Naptr:
    """A naming authority pointer whose flag is ``s``: the replacement is the name of SRV records."""

    order: int
    preference: int
    service: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Srv:
    """One server of a service."""

    priority: int
    weight: int
    port: int
    target: str
    """``.`` says that the service is not offered at all."""


class Weighted(Protocol):
    """One of several to choose from, the smallest priority first."""

    @property
    def priority(self) -> int: ...

    @property
    def weight(self) -> int: ...


W = TypeVar("W", bound=Weighted)


class Lookup(Protocol):
    """Asks the DNS. What does not exist is an empty answer; a server that fails raises ``OSError``."""

    async def naptr(self, name: str) -> Sequence[Naptr]:
        """Return the records with flag ``s``."""

    async def srv(self, name: str) -> Sequence[Srv]:
        """Return the records, in any order."""

    async def addresses(self, name: str) -> Sequence[str]:
        """Return the numeric addresses, the preferred first."""


class Resolver:
    """Plans where to send requests. ``transports`` are those we have; ``below(n)`` draws from 0 to n - 1."""

    def __init__(self, lookup: Lookup, transports: Sequence[str], below: Callable[[int], int]) -> None:
        self._lookup = lookup
        self._transports = tuple(transports)
        self._below = below

    async def resolve(self, uri: SipUri) -> list[Destination]:
        """Return the places to try one after another; empty when there is none. May raise ``OSError``."""
        host = uri.address
        places = await self._places(uri, host)
        if _is_numeric(host):
            return places
        # Whatever DNS says, the certificate must be for the host of the URI (RFC 5922 section 4).
        return [replace(place, name=host) if place.transport == "TLS" else place for place in places]

    async def _places(self, uri: SipUri, host: str) -> list[Destination]:
        transport = self._named_transport(uri)
        if transport is not None and transport not in self._transports:
            return []
        if _is_numeric(host):
            chosen = transport or self._default(uri)
            return [Destination(chosen, host, uri.port or _port(chosen))] if chosen else []
        if uri.port is not None:
            chosen = transport or self._default(uri)
            return await self._hosts(chosen, host, uri.port) if chosen else []
        services = await self._services(uri, host, transport)
        found: list[Destination] = []
        for service, name in services:
            found += await self._servers(service, name)
        if found:
            return found[:MOST_DESTINATIONS]
        chosen = transport or self._default(uri)
        return await self._hosts(chosen, host, _port(chosen)) if chosen else []

    def _named_transport(self, uri: SipUri) -> str | None:
        """Return the transport the URI insists on (4.1); sips over TCP is TLS."""
        named = uri.transport
        if uri.secure:
            return "TLS" if named in (None, "TCP", "TLS") else named
        return named

    def _default(self, uri: SipUri) -> str | None:
        wanted = "TLS" if uri.secure else "UDP"
        if wanted in self._transports:
            return wanted
        # 4.1 wants UDP; a server without UDP can still reach those that listen on TCP as they must.
        return None if uri.secure else next((each for each in _PREFERENCE if each in self._transports), None)

    async def _services(self, uri: SipUri, host: str, transport: str | None) -> list[tuple[str, str]]:
        """Return transport and SRV name of each service, the preferred first (4.1)."""
        if transport is not None:
            return [(transport, f"{_SRV_NAMES[transport]}{host}")] if transport in _SRV_NAMES else []
        records = sorted(await self._lookup.naptr(host), key=lambda record: (record.order, record.preference))
        services = [
            (service, record.replacement)
            for record in records
            if (service := _SERVICES.get(record.service.upper())) in self._transports and service is not None
        ]
        if uri.secure:
            services = [(service, name) for service, name in services if service == "TLS"]
        if services:
            return services
        usable = ("TLS",) if uri.secure else ("UDP", "TCP")
        return [(each, f"{_SRV_NAMES[each]}{host}") for each in usable if each in self._transports]

    async def _servers(self, transport: str, name: str) -> list[Destination]:
        found: list[Destination] = []
        for record in self.in_order(await self._lookup.srv(name)):
            if len(found) >= MOST_DESTINATIONS:
                break
            if record.target not in (".", ""):
                found += await self._hosts(transport, record.target, record.port)
        return found

    async def _hosts(self, transport: str, name: str, port: int) -> list[Destination]:
        if _is_numeric(name):
            return [Destination(transport, name, port)]
        return [Destination(transport, address, port) for address in await self._lookup.addresses(name)]

    def in_order(self, records: Sequence[W]) -> list[W]:
        """Order by priority; within one draw by weight, again and again (RFC 2782)."""
        ordered: list[W] = []
        for priority in sorted({record.priority for record in records}):
            # Weight 0 first, so that it has the small chance that the RFC gives it.
            equals = [record for record in records if record.priority == priority]
            waiting = sorted(equals, key=lambda record: record.weight)
            while waiting:
                drawn = self._below(sum(record.weight for record in waiting) + 1)
                for place, record in enumerate(waiting):
                    drawn -= record.weight
                    if drawn <= 0:
                        ordered.append(waiting.pop(place))
                        break
        return ordered


def _port(transport: str) -> int:
    return DEFAULT_PORTS.get(transport, 5060)


@lru_cache(1024)
def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
