"""Numbers in packets, compared with struct and with the differences of media.rtp.sequence."""

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from media.plane.kernels.bits import ahead16, ahead32, read16, read32, write16, write32
from media.rtp.sequence import sequence_delta, timestamp_delta


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF))
def test_numbers_are_in_network_order(short, long):
    octets = np.zeros(8, np.uint8)
    write16(octets, 1, short)
    write32(octets, 3, long)
    assert octets[1:7].tobytes() == struct.pack("!HI", short, long)
    assert (read16(octets, 1), read32(octets, 3)) == (short, long)


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_sequence_numbers_differ_around_their_wrap(newer, older):
    assert ahead16(newer, older) == sequence_delta(newer, older)


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF))
def test_timestamps_differ_around_their_wrap(newer, older):
    assert ahead32(newer, older) == timestamp_delta(newer, older)
