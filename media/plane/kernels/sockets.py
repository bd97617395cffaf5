"""A leg's socket in the tick: datagrams read and sent, and whom it is connected to."""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane import libc
from media.plane.compiled import hot
from media.plane.kernels.seal import seal
from media.plane.legs import Integer, Lane, LegRow


@hot
def _socket_address_octets(lane: Lane) -> Integer:
    return np.int64(28) if lane.host_octets == 16 else np.int64(16)


@hot
def read_stamped(lane: Lane, leg: LegRow, with_address: Integer) -> Integer:
    """Read one datagram into the buffer, with its sender and the kernel's time stamp."""
    message = lane.message
    message[0] = lane.address.ctypes.data if with_address else 0
    message[1] = c.ADDRESS_OCTETS if with_address else 0
    message[2] = lane.vector.ctypes.data
    message[3] = 1
    message[4] = lane.control.ctypes.data
    message[5] = 64
    return libc.syscall(libc.RECVMSG, leg.socket, np.int64(message.ctypes.data), libc.MSG_DONTWAIT, 0, 0, 0)


@hot
def arrival_ns(lane: Lane) -> Integer:
    """Return when the datagram came, on the monotonic clock; now, when the kernel did not say."""
    now, control = lane.now_ns, lane.control
    if lane.message[5] < 32 or control[1] != (c.SO_TIMESTAMPNS << 32) | libc.SOL_SOCKET:
        return now
    age = lane.real_ns - (control[2] * 1_000_000_000 + control[3])
    # Bounded: the wall clock may have been set between arrival and now.
    return now - min(max(age, 0), 1_000_000_000)


@hot
def read_unstamped(lane: Lane, leg: LegRow) -> Integer:
    """Read one datagram into the buffer and nothing else: a third of a microsecond less."""
    buffer = lane.buffer
    address = np.int64(buffer.ctypes.data)
    return libc.syscall(libc.RECVFROM, leg.socket, address, len(buffer), libc.MSG_DONTWAIT, 0, 0)


@hot
def connect_to_peer(lane: Lane, leg: LegRow) -> None:
    """Have the system drop what others than the peer send; what they sent before may still be there."""
    address = leg.peer.ctypes.data
    if libc.connect(np.int32(leg.socket), address, np.uint32(_socket_address_octets(lane))) == 0:
        leg.latch = c.LATCH_DRAINING


@hot
def disconnect(lane: Lane, leg: LegRow) -> None:
    """Let the socket hear everybody again."""
    lane.address[0], lane.address[1] = libc.AF_UNSPEC, 0
    libc.connect(np.int32(leg.socket), lane.address.ctypes.data, np.uint32(16))


@hot
def send(lane: Lane, leg: LegRow, packet: Integer, octets: Integer, payload: Integer) -> None:
    """Send the packet at an address, sealed when keys are agreed, and count it and its payload."""
    count = leg.count
    if leg.seal:
        octets = seal(lane, leg, packet, octets)
        packet = lane.sealed.ctypes.data
        if octets == 0:
            count[c.SEND_ERRORS] += 1
            return
    peer, peer_octets = np.int64(0), np.int64(0)
    if leg.latch == c.LATCH_OPEN:
        peer, peer_octets = np.int64(leg.peer.ctypes.data), _socket_address_octets(lane)
    flags = libc.MSG_DONTWAIT | libc.MSG_NOSIGNAL
    if libc.syscall(libc.SENDTO, leg.socket, np.int64(packet), octets, flags, peer, peer_octets) < 0:
        count[c.SEND_ERRORS] += 1
        return
    count[c.PACKETS_SENT] += 1
    count[c.OCTETS_SENT] += payload
    leg.last_sent_ns = lane.now_ns
