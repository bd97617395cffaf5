"""ICE (RFC 8445) by aioice on a leg's own port: the sound goes where its checks went."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from aioice import Candidate, Connection, stun
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import (
    CandidatePair,
    StunProtocol,
    get_host_addresses,
    relayed_candidate,
    server_reflexive_candidate,
)

from media.plane.leg import Leg
from media.plane.socket_address import Address
from media.webrtc.description import WebRtcRemote

FIRST_OF_DTLS, FIRST_AFTER_DTLS, FIRST_OF_RTP = 20, 64, 128
"""RFC 7983 section 7: the first octet tells what a datagram is."""
MOST_CANDIDATES = 16
"""Addresses of the peer that we try: each costs packets to whoever is there, whom the peer names unproven."""
MOST_READ = 256
"""Candidates of the peer that are looked at to find those: a machine with thirty interfaces has fewer, and a
description may hold thousands."""
MOST_WAITING = 64
"""Datagrams of DTLS that may wait for the handshake: several times what one has."""


@dataclass(frozen=True, slots=True)
class TurnServer:
    """A relay that may carry the sound of who is reached in no other way (RFC 8656)."""

    address: Address
    credentials: Callable[[], tuple[str, str]]
    """Returns user name and password, asked for each allocation: they may end."""
    transport: str = "udp"
    tls: bool = False


@dataclass(frozen=True, slots=True)
class IceOptions:
    """Where peers may find us."""

    address: str
    """Where the ports are bound."""
    external_address: str = ""
    """The address of a NAT before us that maps every port to itself; empty for none."""
    stun_servers: tuple[Address, ...] = ()
    turn_servers: tuple[TurnServer, ...] = ()

    @property
    def asks_servers(self) -> bool:
        """Whether gathering takes time."""
        return bool(self.stun_servers or self.turn_servers)

    def addresses(self) -> list[str]:
        """Return the addresses of this machine that lead to our ports."""
        bound = ipaddress.ip_address(self.address)
        if not bound.is_unspecified:
            return [self.address]
        return get_host_addresses(use_ipv4=bound.version == 4, use_ipv6=bound.version == 6) or [self.address]


class _LegTransport:
    """What aioice needs of a socket, of which the plane is the owner."""

    def __init__(self, leg: Leg, protocol: StunProtocol) -> None:
        self._leg = leg
        self._protocol = protocol

    def sendto(self, data: bytes, addr: Address) -> None:
        self._leg.send_datagram(data, addr)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def close(self) -> None:
        asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)


class _PortProtocol(StunProtocol):
    """The leg's own port."""

    receiver: IceConnection

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        content, sender = cast(bytes, data), (addr[0], addr[1])
        if content[0] < FIRST_OF_DTLS:
            self._take_stun(content, sender)
        elif FIRST_OF_DTLS <= content[0] < FIRST_AFTER_DTLS and self.receiver.is_proven(sender):
            self.receiver.data_received(content, 1)

    def _take_stun(self, content: bytes, sender: Address) -> None:
        # aioice reads attributes that are too short, and a check without PRIORITY, as if they were whole.
        with suppress(struct.error, KeyError):
            super().datagram_received(content, sender)


class _RelayProtocol(_PortProtocol):
    """A port on a relay; sound that comes to it goes on to the leg's own."""

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        content, sender = cast(bytes, data), (addr[0], addr[1])
        if content[:1] and content[0] >= FIRST_OF_RTP:
            if self.receiver.is_proven(sender):
                self.receiver.relayed(content)
        elif content:
            self._take_stun(content, sender)


class IceConnection(Connection):
    """One run of ICE for a leg, whose host candidate is the leg's port; datagrams come in by :meth:`receive`.

    Nothing of DTLS is taken from an address that has not answered a check of ours: who writes to the port
    unasked can neither delay nor break the handshake.
    """

    def __init__(self, leg: Leg, options: IceOptions, *, controlling: bool) -> None:
        super().__init__(ice_controlling=controlling)
        self._leg = leg
        self._options = options
        self._port = _PortProtocol(self)
        self._port.connection_made(cast(asyncio.BaseTransport, _LegTransport(leg, self._port)))
        self._port.local_candidate = _host_candidate(options.addresses()[0], leg.local_port)
        self.on_relayed: Callable[[bytes], None] = lambda content: None
        """Called with sound that came over a relay."""
        self.on_nominated: Callable[[], None] = lambda: None
        """Called when a pair was nominated: the first time, and when the peer chose another one."""

    def expects(self, content: bytes) -> bool:
        """Tell whether STUN is for this run: an answer to a check of it, or a check by its user name."""
        try:
            message = stun.parse_message(content)
        except ValueError:
            return False
        if message.message_class is stun.Class.REQUEST:
            return str(message.attributes.get("USERNAME", "")).startswith(f"{self.local_username}:")
        return message.transaction_id in self._port.transactions

    def receive(self, content: bytes, sender: Address) -> None:
        """Take STUN or DTLS that came to the leg's port."""
        self._port.datagram_received(content, sender)

    def relayed(self, content: bytes) -> None:
        """Take sound that came over a relay."""
        self.on_relayed(content)

    def announced(self) -> Iterator[str]:
        """Yield the candidates for SDP: those of the machine at once, others once they are gathered."""
        port, external = self._leg.local_port, self._options.external_address
        addresses = self._options.addresses()
        for address in addresses:
            yield _host_candidate(address, port).to_sdp()
        if external and external not in addresses:
            yield _mapped_candidate(external, addresses[0], port).to_sdp()
        yield from (each.to_sdp() for each in self.local_candidates if each.type != "host")

    def seek(self, remote: WebRtcRemote) -> None:
        """Take what the peer said of itself, before :meth:`connect`."""
        self.remote_username, self.remote_password = remote.username, remote.password
        self.remote_is_lite = remote.lite
        family = ipaddress.ip_address(self._port.local_candidate.host).version
        # Of those that can be tried: Firefox names TCP, RTCP and the other IP version first, its relays last.
        for candidate in islice(usable(remote.candidates, family), MOST_CANDIDATES):
            self._add_remote_candidate(candidate, candidate.host)

    def is_proven(self, sender: Address) -> bool:
        """Tell whether an address has answered a check of ours."""
        return any(
            pair.remote_addr == sender and pair.state is CandidatePair.State.SUCCEEDED
            for pair in self._check_list
        )

    @property
    def peer(self) -> Address | None:
        """Where the peer is, on the pair that was nominated."""
        pair = self._nominated.get(1)
        return pair.remote_addr if pair is not None else None

    @property
    def is_relayed(self) -> bool:
        """Whether the pair that was nominated leads over a relay of ours."""
        pair = self._nominated.get(1)
        return pair is not None and pair.protocol is not self._port

    def check_complete(self, pair: CandidatePair) -> None:
        """Learn how a check ended; aioice calls it."""
        super().check_complete(pair)
        if self._nominated.get(1) is pair:
            self.on_nominated()

    def data_received(self, data: bytes, component: int) -> None:
        """Queue DTLS; of STUN that cannot be read nothing is kept."""
        if FIRST_OF_DTLS <= data[0] < FIRST_AFTER_DTLS and self._queue.qsize() < MOST_WAITING:
            super().data_received(data, component)

    async def get_component_candidates(
        self,
        component: int,
        addresses: list[str],
        timeout: int = 5,  # noqa: ASYNC109
    ) -> list[Candidate]:
        """Ask the servers from the leg's port; called by :meth:`gather_candidates`."""
        self._protocols.append(self._port)
        options = self._options
        asked = [
            *(server_reflexive_candidate(self._port, server) for server in options.stun_servers),
            *(self._allocate(component, server) for server in options.turn_servers),
        ]
        found: list[Candidate] = [self._port.local_candidate]
        if not asked:
            return found
        tasks = [asyncio.ensure_future(each) for each in asked]
        done, late = await asyncio.wait(tasks, timeout=timeout)
        for task in late:
            task.cancel()
        for task in done:
            if task.exception() is None:
                candidate, protocol = task.result()
                found.append(candidate)
                if protocol is not None:
                    self._protocols.append(protocol)
        return found

    async def _allocate(self, component: int, server: TurnServer) -> tuple[Candidate, StunProtocol]:
        username, password = server.credentials()
        return await relayed_candidate(
            component=component,
            hide_related_address=False,
            protocol_factory=lambda: _RelayProtocol(self),
            turn_server=server.address,
            turn_username=username,
            turn_password=password,
            turn_ssl=server.tls,
            turn_transport=server.transport,
        )


class RelayJoint:
    """Joins a relay to a leg's port: to the plane the peer is a socket on this machine."""

    def __init__(self, leg: Leg, bound: str, send: Callable[[bytes], None]) -> None:
        host = ipaddress.ip_address(bound)
        near = ("127.0.0.1" if host.version == 4 else "::1") if host.is_unspecified else bound
        self._send = send
        self._socket = socket.socket(leg.ports.rtp.family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind((near, 0))
        self._socket.connect((near, leg.local_port))
        self.address: Address = self._socket.getsockname()[:2]
        """Where the plane is to send."""
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def deliver(self, content: bytes) -> None:
        """Hand a datagram of the relay to the leg."""
        with suppress(OSError):
            self._socket.send(content)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def _read(self) -> None:
        with suppress(OSError):
            self._send(self._socket.recv(2048))


def _host_candidate(address: str, port: int) -> Candidate:
    foundation = candidate_foundation("host", "udp", address)
    return Candidate(foundation, 1, "udp", candidate_priority(1, "host"), address, port, "host")


def _mapped_candidate(external: str, address: str, port: int) -> Candidate:
    foundation = candidate_foundation("srflx", "udp", address)
    priority = candidate_priority(1, "srflx")
    return Candidate(foundation, 1, "udp", priority, external, port, "srflx", address, port)


def usable(candidates: Sequence[str], family: int) -> Iterator[Candidate]:
    """Yield the candidates that can be tried: names (mDNS) say nothing here, and we speak UDP alone.

    Who is passed over is found all the same when it sends checks to us (RFC 8445 section 7.3.1.3).
    """
    for text in candidates[:MOST_READ]:
        try:
            candidate = Candidate.from_sdp(text)
            address = ipaddress.ip_address(candidate.host)
        except ValueError:
            continue
        usable = candidate.transport.lower() == "udp" and candidate.component == 1
        reachable = not (address.is_multicast or address.is_unspecified) and 0 < candidate.port < 65536
        if usable and reachable and address.version == family:
            yield candidate
