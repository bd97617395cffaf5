"""The DNS as SIP asks it: NAPTR and SRV through dnspython, addresses through the system."""

from __future__ import annotations

import asyncio
import socket

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver
from dns.rdtypes.IN.NAPTR import NAPTR
from dns.rdtypes.IN.SRV import SRV

from sip.transport.resolver import Naptr, Srv

WITHIN = 5.0
"""Seconds for all servers together to answer one question."""


class NameLookup:
    """Asks the name servers of the system. Answers are kept as long as they say.

    Host names go through ``getaddrinfo`` in a worker thread, so that ``/etc/hosts`` counts.
    """

    def __init__(self, resolver: dns.asyncresolver.Resolver | None = None, *, within: float = WITHIN) -> None:
        self._resolver = resolver
        self._within = within

    async def naptr(self, name: str) -> list[Naptr]:
        """Return the records whose flag is ``s``; the others do not lead to a server (RFC 3263 4.1)."""
        return [
            Naptr(record.order, record.preference, record.service.decode(), str(record.replacement))
            for record in await self._ask(name, dns.rdatatype.NAPTR)
            if isinstance(record, NAPTR) and record.flags.lower() == b"s"
        ]

    async def srv(self, name: str) -> list[Srv]:
        """Return the records of a service."""
        return [
            Srv(record.priority, record.weight, record.port, str(record.target))
            for record in await self._ask(name, dns.rdatatype.SRV)
            if isinstance(record, SRV)
        ]

    async def addresses(self, name: str) -> list[str]:
        """Return IPv4 and IPv6 addresses in the system's order."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(name.rstrip("."), None, type=socket.SOCK_DGRAM)
        except socket.gaierror as error:
            if error.errno in (socket.EAI_NONAME, socket.EAI_NODATA):
                return []
            raise
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    async def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> list[object]:
        try:
            if self._resolver is None:
                # Not in __init__: it reads /etc/resolv.conf, and a daemon without names needs none.
                self._resolver = dns.asyncresolver.Resolver()
            if self._resolver.cache is None:
                self._resolver.cache = dns.resolver.LRUCache()
            answer = await self._resolver.resolve(name, kind, raise_on_no_answer=False, lifetime=self._within)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoNameservers, dns.resolver.NoResolverConfiguration):
            # A server that refuses such questions, as small routers do, leaves the plain address to us.
            return []
        except dns.exception.DNSException as error:
            raise OSError(f"{name} {dns.rdatatype.to_text(kind)}: {error}") from error
        return list(answer.rrset or ())
