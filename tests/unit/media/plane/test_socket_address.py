"""Socket addresses as the kernel lays them out."""

import socket

import numpy as np
import pytest

from media.plane.socket_address import from_octets, to_words


@pytest.mark.parametrize(
    ("family", "address"),
    [(socket.AF_INET, ("192.0.2.7", 40001)), (socket.AF_INET6, ("2001:db8::7", 65535))],
)
def test_an_address_comes_back_as_it_went_in(family, address):
    octets = np.array(to_words(address, family), np.int64).view(np.uint8)
    assert len(octets) == 32
    assert from_octets(octets) == address


def test_port_and_host_are_in_network_order():
    octets = np.array(to_words(("1.2.3.4", 0x1234), socket.AF_INET), np.int64).view(np.uint8)
    assert octets[2:8].tolist() == [0x12, 0x34, 1, 2, 3, 4]
