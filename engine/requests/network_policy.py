"""Where our own HTTP requests may go: not into private networks, unless the operator says so.

Applications, and documents they serve, name URLs that we request from inside the operator's network
(server-side request forgery). A name is resolved once, its addresses are checked, and the connection
goes to a checked address, so a name server that answers differently the second time gains nothing.
"""

import asyncio
import functools
import ipaddress
import re
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from aiohttp.abc import AbstractResolver, ResolveResult

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# Forms that the C library reads as an address though they are not one: 2130706433, 0177.1, 0x7f000001.
_NUMERIC_HOST = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?", re.IGNORECASE)

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are the IPv4 address that is really reached."""
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")


def _networks(*texts: str) -> tuple[IpNetwork, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# The IANA registries of special addresses (RFC 6890), written out: what the properties of ipaddress
# objects call global differs between versions of Python.
_NOT_PUBLIC = {
    "loopback": _networks("127.0.0.0/8", "::1/128"),
    "link-local": _networks("169.254.0.0/16", "fe80::/10"),
    "unspecified": _networks("0.0.0.0/8", "::/128"),
    "private": _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
    "carrier": _networks("100.64.0.0/10"),
    "multicast": _networks("224.0.0.0/4", "ff00::/8"),
    "site-local": _networks("fec0::/10"),
    "documentation": _networks(
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"
    ),
    # Tunnels (6to4, Teredo) carry an IPv4 address that only the tunnel's end would see.
    "special": _networks("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "2001::/23", "2002::/16"),
    "reserved": _networks("240.0.0.0/4"),
}
_RESOLVER_THREADS = 8


class Forbidden(OSError):
    """The policy does not allow this address. An OSError, since it is raised where a connection is made."""


@dataclass(frozen=True)
class NetworkPolicy:
    """Says which addresses may be connected to.

    ``origins`` are host and port pairs that the operator wrote into the configuration himself; they
    are trusted whatever address they have.
    """

    allow_networks: tuple[IpNetwork, ...] = ()
    origins: frozenset[tuple[str, int]] = field(default_factory=frozenset)

    def trusts(self, host: str, port: int) -> bool:
        """Say whether the operator named this host and port."""
        return (host.lower(), port) in self.origins

    def check_host(self, host: str) -> None:
        """Raise :exc:`Forbidden` for a literal address that is forbidden or oddly written; names pass."""
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            if _NUMERIC_HOST.fullmatch(host):
                raise Forbidden(f"{host} is an address in disguise; write it as a.b.c.d") from None
            return
        self.check_address(address)

    def check_address(self, address: IpAddress) -> None:
        """Raise :exc:`Forbidden` unless the address is public or in an allowed network."""
        for form in _forms(address):
            if any(form in network for network in self.allow_networks if network.version == form.version):
                return
        for form in _forms(address):
            if (kind := private_kind(form)) is not None:
                raise Forbidden(
                    f"{address} is a {kind} address; if that is intended, add it to [webhooks] allow_networks"
                )


class CheckedResolver(AbstractResolver):
    """Resolves names in threads of its own, so that a dead name server holds up nothing else.

    Refuses a name when any of its addresses is forbidden.
    """

    def __init__(self, policy: NetworkPolicy | None, within: float) -> None:
        """Make a resolver; without a policy every address is allowed."""
        self._policy = policy
        self._within = within
        self._threads = ThreadPoolExecutor(_RESOLVER_THREADS, thread_name_prefix="resolver")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of ``host``; raise OSError when there are none or one is forbidden."""
        look_up = functools.partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM)
        try:
            async with asyncio.timeout(self._within):
                found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        except TimeoutError:
            raise OSError(f"the name server did not answer within {self._within:g} s") from None
        except UnicodeError:
            raise OSError(f"{host!r} is not a host name") from None
        addresses = [(family, str(address[0])) for family, _, _, _, address in found]
        if self._policy is not None:
            self._check(self._policy, (address for _, address in addresses))
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
            )
            for family, address in addresses
        ]

    async def close(self) -> None:
        """Let the threads end when their look-ups do."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    @staticmethod
    def _check(policy: NetworkPolicy, addresses: Iterable[str]) -> None:
        for address in addresses:
            policy.check_address(ipaddress.ip_address(address.partition("%")[0]))


def _forms(address: IpAddress) -> tuple[IpAddress, ...]:
    """Return the address, and the IPv4 address that a translator would make of it, if any."""
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address in _NAT64:
        return (address, ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return (address,)


def private_kind(address: IpAddress) -> str | None:
    """Return why an address is not public, None when it is."""
    for kind, networks in _NOT_PUBLIC.items():
        if any(address in network for network in networks):
            return kind
    if (
        isinstance(address, ipaddress.IPv6Address)
        and address not in _GLOBAL_UNICAST
        and address not in _NAT64
    ):
        return "reserved"
    return None
