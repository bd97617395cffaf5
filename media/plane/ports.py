"""UDP ports of legs: an even one for RTP and the odd one above it for RTCP (RFC 3550 section 11)."""

from __future__ import annotations

import errno
import socket
from collections import deque
from dataclasses import dataclass
from ipaddress import ip_address
from secrets import SystemRandom

from media.errors import MediaMisuse, NoFreePort, PlaneFull
from media.plane.layout import SO_TIMESTAMPNS

RECEIVE_BUFFER = 64 * 1024
"""Octets: over a second of packets while a thread is held up; more would only be stale."""
RUBBISH_BUFFER = 256 * 1024
"""Octets: room for what is no sound in a tick, where 10,000 such datagrams come in a second."""
EXPEDITED_FORWARDING = 0xB8
"""The traffic class that routers keep for voice (RFC 3246)."""
MOST_DRAWS = 100
"""Ports tried for one leg when others have bound them, so that the event loop is not held up."""


@dataclass(frozen=True, slots=True)
class BoundPorts:
    """The two sockets of a leg, and who was heard on them before."""

    port: int
    rtp: socket.socket
    rtcp: socket.socket
    last_heard: int
    """SSRC and sequence number as the RELEASED event tells them; -1 for nobody."""

    def expect_rubbish(self) -> None:
        """Make room for datagrams that only their decryption tells from sound."""
        self.rtp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RUBBISH_BUFFER)

    def close(self) -> None:
        self.rtp.close()
        self.rtcp.close()


class PortPool:
    """Hands out ports in an order nobody can foresee; those given back rest the longest."""

    def __init__(self, address: str, ports: range) -> None:
        try:
            version = ip_address(address).version
        except ValueError as error:
            raise MediaMisuse(f"{address!r} is no IP address to bind RTP sockets to") from error
        self._address = address
        self.family = socket.AF_INET if version == 4 else socket.AF_INET6
        first = ports.start + ports.start % 2
        even = [port for port in range(first, ports.stop - 1, 2) if 0 < port < 65535]
        if not even:
            raise MediaMisuse(
                f"the RTP port range {ports.start}-{ports.stop - 1} holds no even port with the next"
            )
        SystemRandom().shuffle(even)
        self._free = deque(even)
        self._last_heard: dict[int, int] = {}
        self.capacity = len(even)

    def bind(self) -> BoundPorts:
        """Bind the next pair; raises :class:`NoFreePort`, or :class:`PlaneFull` without file descriptors."""
        for _ in range(min(len(self._free), MOST_DRAWS)):
            port = self._free.popleft()
            try:
                return self._bind_pair(port)
            except OSError as error:
                self._free.append(port)
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    raise PlaneFull(
                        "no file descriptor is left for RTP sockets; raise `ulimit -n`"
                    ) from error
                if error.errno != errno.EADDRINUSE:
                    raise
        raise NoFreePort(
            f"no RTP port of {self.capacity} on {self._address} is free; widen [media] rtp_ports"
        )

    def give_back(self, port: int, last_heard: int) -> None:
        """Take a closed pair back, remembering who was heard on it."""
        self._last_heard[port] = last_heard
        self._free.append(port)

    def _bind_pair(self, port: int) -> BoundPorts:
        rtp = self._bind_one(port)
        try:
            rtcp = self._bind_one(port + 1)
        except OSError:
            rtp.close()
            raise
        return BoundPorts(port, rtp, rtcp, self._last_heard.get(port, -1))

    def _bind_one(self, port: int) -> socket.socket:
        bound = socket.socket(self.family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            bound.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            if self.family == socket.AF_INET:
                bound.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, EXPEDITED_FORWARDING)
            else:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, EXPEDITED_FORWARDING)
            bound.bind((self._address, port))
        except OSError:
            bound.close()
            raise
        return bound
