"""Named events heard: each press once, whatever is lost, and as the plain twin hears them."""

import random
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.plane import layout as c
from media.rtp.packet import RtpPacket
from media.rtp.telephone_event import DIGITS, TelephoneEvent, TelephoneEventReceiver
from tests.testkit.virtual_leg import SSRC, VirtualLeg, paced, packets


def event(sequence, timestamp, key, duration, end=False, marker=False):
    payload = TelephoneEvent(key, end, 10, duration).build()
    return RtpPacket(101, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, SSRC, payload, marker).build()


def press(key, sequence=0, timestamp=0, updates=3, ends=3):
    """All packets of one press: updates, then ends with the final duration."""
    made = [event(sequence + n, timestamp, key, 160 * (n + 1), marker=n == 0) for n in range(updates)]
    final = 160 * (updates + 1)
    return made + [event(sequence + updates + n, timestamp, key, final, end=True) for n in range(ends)]


def heard(leg):
    return "".join(DIGITS[value] for kind, value in leg.events() if kind == c.DIGIT)


def deliver(made):
    leg = VirtualLeg()
    for packet in made:
        leg.deliver(packet)
    return heard(leg)


def test_a_key_is_told_with_its_first_packet():
    assert deliver(press(5)[:1]) == "5"


def test_a_press_is_told_once():
    assert deliver(press(11)) == "#"


@pytest.mark.parametrize("survivor", range(6))
def test_one_packet_of_a_press_is_enough(survivor):
    assert deliver(press(7)[survivor : survivor + 1]) == "7"


def test_packets_that_come_twice_press_once():
    assert deliver([packet for packet in press(3) for _ in range(2)]) == "3"


def test_the_same_key_again_is_another_press():
    assert deliver(press(1) + press(1, sequence=20, timestamp=4000)) == "11"


@pytest.mark.parametrize("apart", [32768, 40000, 65500, 65700])
def test_a_press_after_the_sequence_numbers_went_round_is_heard(apart):
    assert deliver(press(5) + press(5, sequence=apart, timestamp=160 * apart)) == "55"


def test_a_missing_marker_does_not_matter():
    made = [bytes((packet[0], packet[1] & 0x7F)) + packet[2:] for packet in press(9)]
    assert deliver(made) == "9"


def test_an_end_that_is_repeated_under_later_timestamps_is_one_press():
    made = press(5)
    late = [event(sequence, 160 * (sequence - 3), 5, 640, end=True) for sequence in (4, 5)]
    assert deliver([*made[:4], *late, *press(5, sequence=20, timestamp=1200)]) == "55"


def test_an_event_longer_than_its_duration_field_is_one_press():
    made = [event(n, 0, 4, min(160 * (n + 1), 0xFFFF)) for n in range(410)]
    made += [event(410 + n, 0xFFFF, 4, 160 * (n + 1)) for n in range(10)]
    assert deliver(made) == "4"


def test_what_is_no_key_is_not_told():
    assert deliver(press(16)) == ""


def test_a_payload_that_is_too_short_is_malformed():
    leg = VirtualLeg()
    leg.deliver(RtpPacket(101, 1, 0, SSRC, b"\x01\x02").build())
    assert (heard(leg), leg.count(c.MALFORMED)) == ("", 1)


def test_sound_that_events_displace_is_not_counted_as_lost():
    leg = VirtualLeg()
    sound = [RtpPacket(0, n, 160 * n, SSRC, b"\x20" * 160).build() for n in range(10)]
    keys = press(2, sequence=10, timestamp=1600, updates=12)
    leg.listen([(100 + 160 * n, packet) for n, packet in enumerate(sound + keys)], 28)
    assert leg.count(c.CONCEALED) == 0


presses = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 6), st.integers(1, 3)), max_size=6)


@given(presses, st.randoms(use_true_random=False), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF))
def test_what_is_heard_is_what_the_plain_receiver_hears(keys, random, sequence, timestamp):
    made = []
    for key, updates, ends in keys:
        made += press(key, sequence, timestamp, updates, ends)
        sequence += updates + ends + random.randrange(3)
        timestamp += random.choice((0, 160, 800, 1600))
    received = [packet for packet in made if random.random() > 0.3 for _ in range(random.choice((1, 1, 2)))]
    if len(received) > 3 and random.random() < 0.5:
        at = random.randrange(len(received) - 1)
        received[at], received[at + 1] = received[at + 1], received[at]
    twin, told = TelephoneEventReceiver(), ""
    seen = set()
    for packet in received:
        parsed = RtpPacket.parse(packet)
        if parsed.sequence_number in seen:
            continue
        seen.add(parsed.sequence_number)
        told += (
            twin.receive(
                parsed.payload,
                ssrc=parsed.ssrc,
                timestamp=parsed.timestamp,
                sequence_number=parsed.sequence_number,
                marker=parsed.marker,
            )
            or ""
        )
    assert deliver(received) == told


def test_events_of_another_source_begin_anew():
    leg = VirtualLeg()
    for packet in press(1):
        leg.deliver(packet)
    for n in range(3):
        payload = struct.pack("!BBH", 1, 10, 160 * (n + 1))
        leg.deliver(RtpPacket(101, 500 + n, 0, 0x7777, payload).build())
    assert heard(leg) == "11"


@pytest.mark.parametrize(("begins", "least"), [(100, 15_840), (300, 15_600)], ids=["first", "after a key"])
def test_keys_of_a_stream_of_their_own_are_told_once_and_the_sound_goes_on(begins, least):
    leg = VirtualLeg()
    sound = np.full(16_000, 3000, np.int16)
    arrivals = paced(packets(sound), first=begins)
    for number, key in enumerate((4, 4, 2)):
        at = 110 + 4800 * number
        beside = [RtpPacket.parse(packet) for packet in press(key, 20 * number, 7 + 2400 * number)]
        made = [replace(packet, ssrc=0x7777).build() for packet in beside]
        arrivals += paced(made, first=at)
    played = leg.listen(arrivals, 102)
    assert heard(leg) == "442"
    assert leg.leg.source_ssrc == SSRC
    assert leg.count(c.CONCEALED) == 0
    assert np.count_nonzero(played) >= least


@pytest.mark.hostile("M12", sent="1,000 digits of 40 to 200 ms, 5 % of the packets lost, 2 % twice, 5 % late")
def test_m12_of_a_thousand_digits_none_is_missed_and_none_doubled(record_property):
    chance = random.Random(4733)
    keys = [chance.randrange(len(DIGITS)) for _ in range(1000)]
    made: list[tuple[float, bytes]] = []
    sequence, lost = 0, 0
    for number, key in enumerate(keys):
        updates = chance.randint(2, 10)
        for at, packet in enumerate(press(key, sequence, 8000 * number, updates)):
            if chance.random() < 0.05:
                lost += 1
                continue
            # Late by up to two packets; the press after it is half a second away.
            late = chance.uniform(1, 2.5) if chance.random() < 0.05 else 0.0
            made += [(50 * number + at + late, packet)] * (2 if chance.random() < 0.02 else 1)
        sequence += updates + 25
    assert deliver([packet for _, packet in sorted(made)]) == "".join(DIGITS[key] for key in keys)
    record_property("held", f"0 missed, 0 doubled of 1,000 ({lost} packets lost)")
