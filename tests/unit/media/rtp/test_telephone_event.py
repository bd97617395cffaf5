import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import MediaMisuse, PacketError
from media.rtp.telephone_event import (
    DIGITS,
    END_PACKETS,
    TelephoneEvent,
    TelephoneEventReceiver,
    TelephoneEventSender,
)

Packet = dict[str, Any]


def sent(
    keys: str, *, press_ms: int = 100, first: int = 0, timestamp: int = 5000, ssrc: int = 9
) -> list[Packet]:
    """Return the packets of ``keys`` as a sender beside silence-suppressed sound makes them."""
    sender = TelephoneEventSender(press_ms=press_ms)
    sender.press(keys)
    packets: list[Packet] = []
    frame = 0
    while not sender.idle:
        event = sender.next_frame((timestamp + 160 * frame) & 0xFFFFFFFF)
        if event is not None:
            packets.append(
                {
                    "payload": event.payload,
                    "timestamp": event.timestamp,
                    "marker": event.marker,
                    "sequence_number": (first + len(packets)) & 0xFFFF,
                    "ssrc": ssrc,
                }
            )
        frame += 1
    return packets


def heard(packets: list[Packet]) -> str:
    receiver = TelephoneEventReceiver()
    return "".join(filter(None, (receiver.receive(**packet) for packet in packets)))


def test_a_payload_lies_as_section_2_3_draws_it():
    assert TelephoneEvent(event=11, end=True, volume=10, duration=800).build() == bytes.fromhex("0b8a0320")
    assert TelephoneEvent.parse(bytes.fromhex("0b8a0320")) == TelephoneEvent(11, True, 10, 800)


@given(st.binary(max_size=8))
def test_any_payload_is_an_event_or_a_packet_error(payload):
    try:
        event = TelephoneEvent.parse(payload)
    except PacketError:
        assert len(payload) < 4
    else:
        assert event.digit is None or event.digit in DIGITS


def test_a_press_is_one_marked_packet_updates_and_three_ends():
    packets = sent("5", press_ms=100)
    events = [TelephoneEvent.parse(packet["payload"]) for packet in packets]
    assert [event.duration for event in events] == [160, 320, 480, 640, 800, 800, 800]
    assert [event.end for event in events] == [False] * 4 + [True] * END_PACKETS
    assert [packet["marker"] for packet in packets] == [True] + [False] * 6
    assert {packet["timestamp"] for packet in packets} == {5000}


def test_every_key_is_heard_once():
    assert heard(sent(DIGITS)) == DIGITS


def test_a_key_is_reported_at_its_first_packet():
    receiver = TelephoneEventReceiver()
    assert receiver.receive(**sent("7")[0]) == "7"


@pytest.mark.parametrize("lost", range(1, 127))
def test_any_loss_of_a_press_that_leaves_one_packet_leaves_the_key(lost):
    packets = [packet for index, packet in enumerate(sent("5")) if not lost >> index & 1]
    assert heard(packets) == "5"


def test_the_same_key_twice_is_two_keys_even_when_every_end_is_lost():
    packets = [packet for packet in sent("55") if not TelephoneEvent.parse(packet["payload"]).end]
    assert heard(packets) == "55"


def test_the_same_key_twice_is_two_keys_even_when_every_marked_packet_is_lost():
    assert heard([packet for packet in sent("55") if not packet["marker"]]) == "55"


def test_markers_may_be_missing():
    assert heard([packet | {"marker": False} for packet in sent("1122")]) == "1122"


def test_packets_that_come_twice_are_heard_once():
    assert heard([packet for packet in sent("12") for _ in range(2)]) == "12"


def test_an_end_that_comes_late_is_not_a_new_key():
    packets = sent("12")
    assert heard([*packets[:6], *packets[7:], packets[6]]) == "12"


@given(st.randoms(use_true_random=False))
def test_neighbours_may_change_places(shuffle: random.Random):
    packets = sent("1234", press_ms=60)
    for index in range(1, len(packets)):
        if shuffle.random() < 0.3 and packets[index]["timestamp"] == packets[index - 1]["timestamp"]:
            packets[index - 1], packets[index] = packets[index], packets[index - 1]
    assert heard(packets) == "1234"


def test_sequence_numbers_and_timestamps_may_wrap_within_a_press():
    assert heard(sent("4242", first=0xFFFC, timestamp=0xFFFFFF00)) == "4242"


def test_a_press_longer_than_a_duration_can_say_is_one_key():
    segments = [(5000, 65535, False), (5000 + 65535, 160, False), (5000 + 65535, 320, True)]
    packets = [
        {
            "payload": TelephoneEvent(5, end, 10, duration).build(),
            "timestamp": timestamp,
            "sequence_number": index,
            "ssrc": 9,
        }
        for index, (timestamp, duration, end) in enumerate(segments)
    ]
    assert heard(packets) == "5"


def test_a_gateway_that_advances_the_timestamp_of_every_update_presses_once():
    packets = sent("5")
    for packet in packets:
        duration = TelephoneEvent.parse(packet["payload"]).duration
        packet["timestamp"] += duration - 160
    assert heard(packets) == "5"


@pytest.mark.parametrize("updates", ["as they should be", "creeping"])
def test_a_gateway_that_advances_the_timestamp_of_every_end_presses_once(updates):
    packets = sent("55")
    ends = 0
    for packet in packets:
        event = TelephoneEvent.parse(packet["payload"])
        ends = (ends + 1) * event.end
        packet["timestamp"] += 160 * max(ends - 1, 0)
        packet["timestamp"] += (event.duration - 160) * (updates == "creeping")
    assert heard(packets) == "55"


def test_a_gateway_that_never_advances_the_timestamp_presses_every_key():
    packets = [packet | {"timestamp": 5000} for packet in sent("5577")]
    assert heard(packets) == "5577"


def test_a_new_source_begins_anew():
    assert heard([*sent("5", first=900), *sent("5", first=3, ssrc=10)]) == "55"


def test_a_stream_whose_sequence_numbers_jump_back_is_still_heard():
    assert heard([*sent("5", first=40000, timestamp=90000), *sent("6", first=100, timestamp=100)]) == "56"


@pytest.mark.parametrize("apart", [65536, 65500, 65440, 40000, 33000])
def test_a_press_after_the_sequence_numbers_went_round_is_heard(apart):
    later = sent("5", first=(7 + apart) & 0xFFFF, timestamp=5000 + 160 * apart)
    assert heard([*sent("5", first=0), *later]) == "55"


def test_an_event_that_is_no_key_is_not_reported():
    flash = TelephoneEvent(16, False, 0, 160).build()
    assert heard([{"payload": flash, "timestamp": 1, "sequence_number": 1, "ssrc": 1}]) == ""


def test_a_short_payload_is_counted_and_forgotten():
    receiver = TelephoneEventReceiver()
    assert receiver.receive(b"\x05", ssrc=1, timestamp=1, sequence_number=1) is None
    assert receiver.malformed == 1


@pytest.mark.parametrize("seed", range(5))
def test_two_hundred_keys_survive_five_percent_loss(seed):
    drawn = random.Random(seed)
    keys = "".join(drawn.choice(DIGITS) for _ in range(200))
    packets = [packet for packet in sent(keys, press_ms=40) if drawn.random() >= 0.05]
    assert heard(packets) == keys


def test_presses_are_kept_apart_by_a_gap():
    sender = TelephoneEventSender(press_ms=40, gap_ms=60)
    sender.press("12")
    frames = [sender.next_frame(160 * frame) is not None for frame in range(12)]
    assert frames == [True] * 4 + [False] * 3 + [True] * 4 + [False]


def test_w_pauses_for_half_a_second():
    sender = TelephoneEventSender(press_ms=40, gap_ms=0)
    sender.press("1w2")
    frames = [sender.next_frame(160 * frame) is not None for frame in range(33)]
    assert frames == [True] * 4 + [False] * 25 + [True] * 4


def test_a_sender_is_idle_only_after_the_last_gap():
    sender = TelephoneEventSender(press_ms=20, gap_ms=20)
    sender.press("1")
    states = []
    for frame in range(4):
        sender.next_frame(160 * frame)
        states.append(sender.idle)
    assert states == [False, False, False, True]


@pytest.mark.parametrize("keys", ["12x", "1-2", "é", " "])
def test_what_is_no_key_is_refused_before_anything_is_sent(keys):
    sender = TelephoneEventSender()
    with pytest.raises(MediaMisuse, match="no key"):
        sender.press(keys)
    assert sender.idle


def test_small_letters_are_keys_too():
    assert heard(sent("abcd")) == "ABCD"


@pytest.mark.parametrize(
    "event",
    [TelephoneEvent(256, False, 0, 0), TelephoneEvent(1, False, 64, 0), TelephoneEvent(1, False, 0, 65536)],
)
def test_a_field_out_of_range_is_not_sent(event):
    with pytest.raises(MediaMisuse):
        event.build()
