import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import MediaMisuse, PacketError
from media.rtp.packet import HeaderExtension, RtpPacket, is_rtcp

PLAIN = RtpPacket(payload_type=0, sequence_number=1, timestamp=160, ssrc=0x11223344, payload=b"\xff" * 160)


def packets() -> st.SearchStrategy[RtpPacket]:
    words = st.binary(max_size=10).map(lambda octets: octets * 4)
    return st.builds(
        RtpPacket,
        payload_type=st.integers(0, 127),
        sequence_number=st.integers(0, 0xFFFF),
        timestamp=st.integers(0, 0xFFFFFFFF),
        ssrc=st.integers(0, 0xFFFFFFFF),
        payload=st.binary(max_size=40),
        marker=st.booleans(),
        csrc=st.lists(st.integers(0, 0xFFFFFFFF), max_size=15).map(tuple),
        extension=st.none() | st.builds(HeaderExtension, st.integers(0, 0xFFFF), words),
        padding=st.integers(0, 255),
    )


def test_the_fixed_header_lies_as_section_5_1_draws_it():
    packet = dataclasses.replace(PLAIN, marker=True, payload_type=101, payload=b"ab").build()
    assert packet == bytes.fromhex("80 e5 0001 000000a0 11223344") + b"ab"


@given(packets())
def test_what_is_built_is_parsed_back(packet):
    assert RtpPacket.parse(packet.build()) == packet


@given(st.binary(max_size=80))
def test_any_octets_give_a_packet_or_a_packet_error(octets):
    try:
        packet = RtpPacket.parse(octets)
    except PacketError:
        return
    assert len(packet.build()) == len(octets)


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        ("", "0 octets is shorter"),
        ("80000001000000a011223", "10 octets is shorter"),
        ("00000001000000a011223344", "version 0"),
        ("8f000001000000a011223344", "15 contributing sources"),
        ("90000001000000a011223344", "announced but absent"),
        ("90000001000000a011223344 0001ffff", "65535 words"),
        ("a0000001000000a011223344 00000000", "padding of 0"),
        ("a0000001000000a011223344 00000005", "padding of 5"),
        ("a0000001000000a011223344", "padding of 68"),
    ],
)
def test_a_length_that_lies_is_named(octets, why):
    digits = octets.replace(" ", "")
    with pytest.raises(PacketError, match=why):
        RtpPacket.parse(bytes.fromhex(digits[: len(digits) & ~1]))


@pytest.mark.parametrize(
    "change",
    [
        {"payload_type": 128},
        {"sequence_number": 65536},
        {"timestamp": -1},
        {"ssrc": 1 << 32},
        {"csrc": (1,) * 16},
        {"csrc": (-1,)},
        {"padding": 256},
        {"extension": HeaderExtension(0xBEDE, b"abc")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_field_out_of_range_is_not_sent(change):
    with pytest.raises(MediaMisuse):
        dataclasses.replace(PLAIN, **change).build()


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("80c8", True),
        ("81c9", True),
        ("80cc", True),
        ("8000", False),
        ("80e0", False),
        ("00c8", False),
        ("80", False),
    ],
)
def test_rtcp_is_told_by_its_second_octet(octets, expected):
    assert is_rtcp(bytes.fromhex(octets)) is expected


def test_a_marked_payload_type_of_telephone_events_is_no_rtcp():
    assert not is_rtcp(dataclasses.replace(PLAIN, payload_type=101, marker=True).build())
