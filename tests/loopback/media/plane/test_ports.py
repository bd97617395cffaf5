"""Pairs of RTP ports, some of which others have bound."""

import socket

import pytest

from media.errors import NoFreePort
from media.plane.ports import PortPool
from tests.testkit.ports import free_udp_range

PAIRS = 16


@pytest.mark.hostile("F8", sent="half of the RTP ports bound by another program")
def test_f8_every_port_that_is_left_is_found_and_then_none(record_property):
    first, last = free_udp_range(2 * PAIRS)
    pool = PortPool("127.0.0.1", range(first, last + 1))
    squatters = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(pool.capacity // 2)]
    for number, squatter in enumerate(squatters):
        # Every other pair, now its first port, now its second.
        squatter.bind(("127.0.0.1", first + first % 2 + 4 * number + number % 2))
    try:
        bound = [pool.bind() for _ in range(pool.capacity - len(squatters))]
        with pytest.raises(NoFreePort, match="widen"):
            pool.bind()
        squatters.pop().close()
        bound.append(pool.bind())
        assert len({pair.port for pair in bound}) == len(bound)
    finally:
        for each in squatters:
            each.close()
        for pair in bound:
            pair.close()
    record_property("held", f"each of the {pool.capacity // 2} pairs that were left, then 503")
