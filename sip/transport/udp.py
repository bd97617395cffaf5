"""The datagram shell: one UDP socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Final, cast

from sip.flow import Address, Flow
from sip.transport.addresses import address_of, is_wildcard, local_host_towards

RECEIVE_BUFFER: Final = 4 * 1024 * 1024
"""Octets asked of the kernel: a second of 2,000 calls set up, should the loop be late. It may grant less."""


class UdpListener(asyncio.DatagramProtocol):
    """Hands datagrams in with the flow they came along, and sends them out.

    ``on_datagram`` gets the bytes and the flow; ``on_failed`` a flow along which sending failed.
    """

    def __init__(self, on_datagram: Callable[[bytes, Flow], None], on_failed: Callable[[Flow], None]) -> None:
        self._on_datagram = on_datagram
        self._on_failed = on_failed
        self._transport: asyncio.DatagramTransport | None = None
        self._lost: asyncio.Future[None]
        self._sending: Flow | None = None
        self._paused = False
        self._wildcard = False
        self.address: Address = ("", 0)

    async def open(self, host: str, port: int) -> Address:
        """Bind, and return the address as bound."""
        loop = asyncio.get_running_loop()
        wanted = await loop.getaddrinfo(host or "0.0.0.0", port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, name = wanted[0]
        # Bound here and not by the loop: uvloop 0.22 leaks its transport when the address is taken.
        plug = socket.socket(family, kind, protocol)
        try:
            plug.setblocking(False)
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            if family == socket.AF_INET6:
                # Else [::] would take the IPv4 port too, and peers would have two spellings.
                plug.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            plug.bind(name)
            self._lost = loop.create_future()
            await loop.create_datagram_endpoint(lambda: self, sock=plug)
        except BaseException:
            plug.close()
            raise
        return self.address

    def serves(self, local: Address) -> bool:
        """Tell whether packets that came to ``local`` came here."""
        return local == self.address or (self._wildcard and local[1] == self.address[1])

    def send(self, data: bytes, flow: Flow) -> None:
        """Send one datagram. While the socket's buffer is full it is dropped, as a router would."""
        if self._transport is None or self._paused:
            return
        # A failure is reported through error_received, without saying whose it was.
        self._sending = flow
        self._transport.sendto(data, flow.remote)
        self._sending = None

    def flow_to(self, remote: Address) -> Flow:
        """Return the flow to a peer we have not heard from."""
        return Flow("UDP", self._local_towards(remote), remote)

    async def close(self) -> None:
        """Close the socket, and wait until its address is free."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
            await self._lost

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # cast, not isinstance: CPython 3.11's and uvloop's transports are not subclasses.
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.address = address_of(transport.get_extra_info("sockname"))
        self._wildcard = is_wildcard(self.address[0])

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._lost.set_result(None)

    def datagram_received(self, data: bytes, addr: tuple[object, ...]) -> None:
        remote = address_of(addr)
        self._on_datagram(data, Flow("UDP", self._local_towards(remote), remote))

    def error_received(self, exc: Exception) -> None:
        if self._sending is not None:
            self._on_failed(self._sending)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False

    def _local_towards(self, remote: Address) -> Address:
        if self._wildcard:
            return local_host_towards(remote[0]), self.address[1]
        return self.address
