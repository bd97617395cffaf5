"""What a datagram means to a leg: validity, source, sequence and jitter."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import PacketError
from media.plane import layout as c
from media.rtp.packet import RtpPacket
from media.rtp.telephone_event import TelephoneEvent
from tests.testkit.reception import ReceptionStatistics
from tests.testkit.virtual_leg import PEER, SSRC, VirtualLeg
from tests.testkit.virtual_leg import silent_packet as packet


@given(st.binary(max_size=600))
def test_any_datagram_is_counted_or_taken_and_never_more(content):
    leg = VirtualLeg()
    leg.deliver(content)
    dropped = leg.count(c.MALFORMED) + leg.count(c.REFUSED) + leg.count(c.FOREIGN)
    assert dropped + leg.received in (1, 2)


@given(
    csrc=st.integers(0, 15),
    extension=st.one_of(st.none(), st.integers(0, 20)),
    padding=st.one_of(st.none(), st.integers(0, 255)),
    body=st.binary(max_size=60),
)
def test_headers_are_well_formed_exactly_when_the_packet_parser_says_so(csrc, extension, padding, body):
    first = 0x80 | csrc | (0x10 if extension is not None else 0) | (0x20 if padding is not None else 0)
    header = struct.pack("!BBHII", first, 0, 7, 0, SSRC) + bytes(4 * csrc)
    if extension is not None:
        header += struct.pack("!HH", 0xBEDE, extension)
    content = header + body + (bytes((padding,)) if padding is not None else b"")
    leg = VirtualLeg()
    leg.deliver(content)
    try:
        payload = RtpPacket.parse(content).payload
    except PacketError:
        assert leg.count(c.MALFORMED) == 1
    else:
        assert leg.received == 1
        assert leg.count(c.OCTETS_RECEIVED) == len(payload)


def test_lengths_that_lie_in_truncated_packets_are_malformed():
    whole = packet(1)
    for content in (whole[:1], whole[:11], bytes(1500), b"\x8f" + whole[1:40], b"\x90" + whole[1:13]):
        leg = VirtualLeg()
        leg.deliver(content)
        assert (leg.received, leg.count(c.MALFORMED)) == (0, 1), content[:4]


def test_a_payload_of_more_than_200_ms_is_malformed():
    leg = VirtualLeg()
    leg.deliver(packet(1) + bytes(1500))
    assert leg.count(c.MALFORMED) == 1


def test_a_payload_type_that_was_not_agreed_is_refused():
    leg = VirtualLeg()
    leg.deliver(packet(1).replace(b"\x80\x00", b"\x80\x60", 1))
    assert (leg.received, leg.count(c.REFUSED)) == (0, 1)


def walk(steps):
    """Sequence numbers: a start near the wrap, then jumps as given."""
    sequence = 65530
    for step in steps:
        sequence = (sequence + step) & 0xFFFF
        yield sequence


# Steps up to 60 behind: beyond the window of 64 a duplicate cannot be told from a late packet.
steps = st.lists(
    st.one_of(st.just(1), st.integers(2, 50), st.integers(-20, 0), st.just(30000)), min_size=1, max_size=80
)


@given(steps)
def test_sequence_numbers_are_counted_as_rfc3550_appendix_a1_counts_them(jumps):
    leg, twin = VirtualLeg(), ReceptionStatistics(8000)
    # The twin lets a source prove itself first; the plane has the latch for that.
    twin.receive(65528, 0, 0.0)
    twin.receive(65529, 0, 0.0)
    leg.deliver(packet(65529))
    for sequence in walk(jumps):
        leg.deliver(packet(sequence))
        twin.receive(sequence, 0, 0.0)
        expected = leg.leg.highest - leg.leg.first_sequence + 1
        assert expected - leg.leg.received == twin.lost
        assert leg.leg.highest & 0xFFFF == twin.highest_sequence & 0xFFFF


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(-80, 80)), min_size=2, max_size=60))
def test_interarrival_jitter_is_that_of_rfc3550_appendix_a8(gaps):
    leg, twin = VirtualLeg(), ReceptionStatistics(8000)
    arrival, timestamp = 1000, 0xFFFFFE00
    twin.receive(0, 0, 0.0)
    for sequence, (gap, wobble) in enumerate(gaps, 1):
        arrival += gap
        timestamp = (timestamp + 160 + wobble) & 0xFFFFFFFF
        leg.deliver(packet(sequence, timestamp), arrival)
        twin.receive(sequence, timestamp, arrival / 8000)
        assert leg.leg.scaled_jitter >> 4 == twin.interarrival_jitter


def test_keys_are_no_jitter():
    leg = VirtualLeg()
    for number in range(20):
        leg.deliver(packet(number), 100 + 160 * number)
    for repeated, duration in enumerate([*range(160, 801, 160), 800, 800]):
        update = TelephoneEvent(5, duration == 800, 10, duration).build()
        made = RtpPacket(101, 20 + repeated, 3200, SSRC, update, marker=repeated == 0)
        leg.deliver(made.build(), 100 + 160 * (20 + repeated))
    leg.deliver(packet(27), 100 + 160 * 27)
    assert leg.count(c.DIGITS_HEARD) == 1
    assert leg.leg.scaled_jitter == 0


def test_a_packet_that_comes_twice_is_counted_and_not_heard_twice():
    leg = VirtualLeg()
    for sequence in (1, 2, 2, 3, 1):
        leg.deliver(packet(sequence))
    assert leg.count(c.DUPLICATED) == 2
    assert leg.received == 5


def test_a_packet_that_comes_late_is_counted_as_reordered():
    leg = VirtualLeg()
    for sequence in (1, 3, 2, 4):
        leg.deliver(packet(sequence))
    assert (leg.count(c.REORDERED), leg.count(c.DUPLICATED)) == (1, 0)


def test_a_single_packet_of_another_ssrc_changes_nothing():
    leg = VirtualLeg()
    for sequence in range(20):
        leg.deliver(packet(sequence))
        leg.deliver(packet(5000 + 7 * sequence, ssrc=0x9999 + sequence))
    assert leg.leg.source_ssrc == SSRC
    assert (leg.received, leg.count(c.REFUSED)) == (20, 20)


def test_another_ssrc_takes_over_with_its_second_packet_in_sequence():
    leg = VirtualLeg()
    leg.deliver(packet(1))
    for sequence in (900, 901, 902):
        leg.deliver(packet(sequence, ssrc=0x9999))
    assert leg.leg.source_ssrc == 0x9999
    assert (leg.received, leg.count(c.REFUSED)) == (3, 1)


def test_losses_of_a_source_that_was_replaced_still_count():
    leg = VirtualLeg()
    for sequence in (1, 2, 5):
        leg.deliver(packet(sequence))
    for sequence in (900, 901):
        leg.deliver(packet(sequence, ssrc=0x9999))
    assert leg.leg.lost_before == 2


def test_the_caller_before_who_never_stopped_sending_is_not_heard():
    leg = VirtualLeg(stale_ssrc=SSRC, stale_sequence=100)
    for sequence in range(1500, 1600):
        leg.deliver(packet(sequence))
    assert (leg.received, leg.count(c.REFUSED)) == (0, 100)


def test_a_device_that_gives_every_call_the_same_ssrc_is_heard():
    leg = VirtualLeg(stale_ssrc=SSRC, stale_sequence=5000)
    leg.deliver(packet(1))
    assert leg.received == 1


def test_rtcp_on_the_rtp_port_is_passed_on_only_where_that_was_agreed():
    report = struct.pack("!BBHI", 0x80, 201, 1, SSRC)
    agreed, not_agreed = VirtualLeg(mux=1), VirtualLeg()
    agreed.deliver(report)
    not_agreed.deliver(report)
    assert agreed.lane.packet_ends[c.HEAD] == 1
    assert agreed.lane.packets[0, :8].tobytes() == report
    assert (not_agreed.lane.packet_ends[c.HEAD], not_agreed.count(c.REFUSED)) == (0, 1)


def test_nobody_is_heard_while_the_direction_forbids():
    leg = VirtualLeg(hearing=0)
    leg.listen([(0, packet(sequence)) for sequence in range(5)], 2)
    assert leg.received == 5
    assert leg.leg.started == 0


STUN, DTLS = b"\x00\x01\x00\x00" + bytes(16), b"\x16\xfe\xfd" + bytes(60)


@pytest.mark.parametrize("content", [STUN, DTLS])
def test_where_ice_and_dtls_share_the_port_they_are_passed_on_with_their_sender(content):
    leg = VirtualLeg(sealed=False, shared=1)
    leg.deliver(content, source=("203.0.113.9", 4711))
    assert leg.passed() == [(content, ("203.0.113.9", 4711))]
    assert leg.count(c.MALFORMED) == 0


def test_of_a_sealed_port_everything_is_the_peers():
    leg = VirtualLeg(sealed=True, shared=1)
    leg.deliver(STUN)
    assert leg.passed() == [(STUN, PEER)]


@pytest.mark.parametrize("content", [STUN, DTLS])
def test_a_port_that_shares_with_nobody_counts_them_as_malformed(content):
    leg = VirtualLeg()
    leg.deliver(content)
    assert leg.passed() == []
    assert leg.count(c.MALFORMED) == 1
