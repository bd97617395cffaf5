import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import MediaMisuse, PacketError
from media.rtp.rtcp import (
    Goodbye,
    OtherRtcp,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceChunk,
    SourceDescription,
    build_compound,
    middle_of_ntp,
    ntp_from_unix,
    parse_compound,
    round_trip,
)

U32 = st.integers(0, 0xFFFFFFFF)
SSRCS = st.lists(U32, max_size=5).map(tuple)

BLOCKS = st.lists(
    st.builds(ReportBlock, U32, st.integers(0, 255), st.integers(-0x800000, 0x7FFFFF), U32, U32, U32, U32),
    max_size=4,
).map(tuple)
REPORTS = st.builds(SenderReport, U32, st.integers(0, (1 << 64) - 1), U32, U32, U32, BLOCKS) | st.builds(
    ReceiverReport, U32, BLOCKS
)
ITEMS = st.lists(st.tuples(st.integers(1, 8), st.binary(max_size=20)), max_size=3).map(tuple)
CHUNKS = st.lists(st.builds(SourceChunk, U32, ITEMS), max_size=3).map(tuple)
OTHERS = (
    st.builds(SourceDescription, CHUNKS)
    | st.builds(Goodbye, SSRCS, st.binary(max_size=20))
    | st.builds(
        OtherRtcp,
        st.integers(204, 207),
        st.integers(0, 31),
        st.binary(max_size=8).map(lambda octets: octets * 4),
    )
)


def test_a_sender_report_lies_as_section_6_4_1_draws_it():
    report = SenderReport(
        ssrc=0x01020304,
        ntp_timestamp=0x1111111122222222,
        rtp_timestamp=0x33333333,
        packet_count=4,
        octet_count=640,
        blocks=(ReportBlock(0x0A0B0C0D, 64, -1, 0x00010005, 7, 0x11112222, 65536),),
    )
    assert build_compound([report]) == bytes.fromhex(
        "81c8000c 01020304 11111111 22222222 33333333 00000004 00000280"
        "0a0b0c0d 40ffffff 00010005 00000007 11112222 00010000"
    )


@given(REPORTS, st.lists(OTHERS, max_size=3))
def test_what_is_built_is_parsed_back(report, others):
    compound = (report, *others)
    assert parse_compound(build_compound(compound)) == compound


@given(st.binary(max_size=120))
def test_any_octets_give_packets_or_a_packet_error(octets):
    with contextlib.suppress(PacketError):
        assert parse_compound(octets)


@given(st.data(), REPORTS, OTHERS)
def test_any_damage_gives_packets_or_a_packet_error(data, report, other):
    octets = bytearray(build_compound((report, other)))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(PacketError):
        assert parse_compound(bytes(octets))


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        ("", "no packets"),
        ("80c9", "2 octets are left"),
        ("40c90001 00000001", "version 1"),
        ("80c9ffff 00000001", "65536 words"),
        ("81c90001 00000001", "receiver report of 4 octets needs 28"),
        ("80c80001 00000001", "sender report of 4 octets needs 24"),
        ("81cb0001 00000001", "does not begin with a report"),
        ("80c90001 00000001 81ca0001 00000001", "source description of 4"),
        ("80c90001 00000001 81ca0002 00000001 01ff6162", "SDES item"),
        ("80c90001 00000001 81cb0002 00000001 05616263", "reason of a goodbye"),
        ("a0c90002 00000001 00000004 80c90001 00000001", "not the last"),
        ("a0c90002 00000001 00000003", "does not fit"),
        ("a0c90001 0000000c", "does not fit"),
    ],
)
def test_a_length_that_lies_is_named(octets, why):
    with pytest.raises(PacketError, match=why):
        parse_compound(bytes.fromhex(octets))


def test_padding_of_the_last_packet_is_left_out():
    octets = bytes.fromhex("80c90001 00000001 a1cb0002 00000002 00000004")
    assert parse_compound(octets) == (ReceiverReport(1), Goodbye((2,)))


def test_a_cname_ends_on_a_word_boundary():
    octets = build_compound([ReceiverReport(1), SourceDescription.of_cname(1, "abc")])
    assert octets[8:] == bytes.fromhex("81ca0003 00000001 01036162 63000000")


def test_a_round_trip_is_the_time_away_less_the_time_held():
    sent = ntp_from_unix(1_000_000_000.25)
    held = round(0.4 * 65536)
    block = ReportBlock(1, 0, 0, 0, 0, middle_of_ntp(sent), held)
    assert round_trip(block, ntp_from_unix(1_000_000_000.25 + 0.4 + 0.08)) == pytest.approx(0.08, abs=1e-4)


def test_a_round_trip_survives_the_wrap_of_the_middle_bits():
    sent = 0x0000FFFF_FFFF0000
    block = ReportBlock(1, 0, 0, 0, 0, middle_of_ntp(sent), 0)
    assert round_trip(block, sent + (1 << 31)) == pytest.approx(0.5)


def test_a_peer_that_never_heard_a_sender_report_proves_no_round_trip():
    assert round_trip(ReportBlock(1, 0, 0, 0, 0), ntp_from_unix(5)) is None


def test_a_peer_that_claims_to_have_held_it_too_long_proves_no_round_trip():
    sent = ntp_from_unix(1000)
    block = ReportBlock(1, 0, 0, 0, 0, middle_of_ntp(sent), 10 * 65536)
    assert round_trip(block, ntp_from_unix(1001)) is None


def test_a_report_from_the_future_proves_no_round_trip():
    block = ReportBlock(1, 0, 0, 0, 0, middle_of_ntp(ntp_from_unix(2000)), 0)
    assert round_trip(block, ntp_from_unix(1000)) is None


@pytest.mark.parametrize(
    "packet",
    [
        ReceiverReport(1 << 32),
        ReceiverReport(1, (ReportBlock(1, 0, 1 << 23, 0, 0),)),
        ReceiverReport(1, (ReportBlock(1, 0, 0, 0, 0),) * 32),
        SourceDescription.of_cname(1, "x" * 256),
        Goodbye((1,), b"x" * 256),
        OtherRtcp(300, 0, b""),
    ],
    ids=lambda packet: type(packet).__name__,
)
def test_what_does_not_fit_is_not_sent(packet):
    with pytest.raises(MediaMisuse):
        build_compound([packet])
