"""Who may be heard: the peer that was signalled, or one that proves itself at once and never later.

RTP carries no proof of who sent it, so that whoever moves the peer's address by a packet can
listen (RTP bleed) or speak (RTP inject). A packet from the signalled address settles the
matter. Before that, only what a NAT does may move it: another port of the signalled host, or
any host when the signalled one is an address that cannot be reached from outside. Such a
stranger must send four packets of one SSRC from one address, each a little newer than the one
before; what a jittery network delivers late neither counts nor spoils (docs/decisions/0011).
Afterwards only signalling moves it. While ICE seeks another way, who has the keys is heard from anywhere.
"""

from __future__ import annotations

from media.plane import layout as c
from media.plane.compiled import hot
from media.plane.kernels.bits import read16, read32
from media.plane.legs import Array, Integer, Lane, LegRow

FOREIGN, ACCEPTED, PROVEN = 0, 1, 2
"""What to do with a packet: drop it, take it, or take it and connect the socket to its sender."""


@hot
def same_host(lane: Lane, address: Array) -> Integer:
    """Tell whether ``address`` and the sender are the same host, whatever its port."""
    start, octets = 4, 4
    if lane.host_octets == 16:
        start, octets = 8, 16
    same = True
    for k in range(start, start + octets):
        same = same and address[k] == lane.address[k]
    return same


@hot
def same_address(lane: Lane, address: Array) -> Integer:
    """Tell whether ``address`` is the sender's host and port."""
    return address[2] == lane.address[2] and address[3] == lane.address[3] and same_host(lane, address)


@hot
def _begin_learning(lane: Lane, leg: LegRow, ssrc: Integer, sequence: Integer) -> None:
    for k in range(c.ADDRESS_OCTETS):
        leg.candidate[k] = lane.address[k]
    leg.learn_ssrc = ssrc
    leg.learn_sequence = sequence
    leg.learn_count = 1


@hot
def _learn(lane: Lane, leg: LegRow) -> Integer:
    """Count a packet of a stranger; PROVEN when it is the last one needed."""
    if leg.any_host == 0 and not same_host(lane, leg.peer):
        return FOREIGN
    sequence = read16(lane.buffer, 2)
    ssrc = read32(lane.buffer, 8)
    known = leg.learn_count > 0 and ssrc == leg.learn_ssrc and same_address(lane, leg.candidate)
    ahead = (sequence - leg.learn_sequence) & 0xFFFF
    if known and (ahead == 0 or ahead > 0xFFFF - c.LEARN_WINDOW):
        return FOREIGN
    if not known or ahead > c.LEARN_WINDOW:
        _begin_learning(lane, leg, ssrc, sequence)
        return FOREIGN
    leg.learn_sequence = sequence
    leg.learn_count += 1
    if leg.learn_count < c.LEARN_PACKETS:
        return FOREIGN
    for k in range(c.ADDRESS_OCTETS):
        leg.peer[k] = lane.address[k]
    return PROVEN


@hot
def admit(lane: Lane, leg: LegRow) -> Integer:
    """Judge the sender of the well-formed RTP packet in the buffer by its address."""
    if leg.latch == c.LATCH_SEALED:
        return ACCEPTED
    if leg.remote_known == 0:
        return FOREIGN
    if leg.moving:
        # With SRTP no packet comes as far as this that the keys did not make.
        return ACCEPTED if leg.unseal or same_address(lane, leg.peer) else FOREIGN
    if same_address(lane, leg.peer):
        return ACCEPTED if leg.latch == c.LATCH_DRAINING else PROVEN
    if leg.latch == c.LATCH_DRAINING:
        return FOREIGN
    return _learn(lane, leg)
