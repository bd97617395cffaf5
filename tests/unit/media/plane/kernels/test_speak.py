"""What a leg says: prompts, streamed sound, keys, and the packets they travel in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs import g711
from media.plane import layout as c
from media.plane.kernels.speak import (
    NO_PRESS,
    compose,
    frame_packet,
    is_frame_a_packet,
    next_event,
    next_packet,
    packet_left,
    queue_frame,
    report_ends,
    stay_silent,
)
from media.plane.keys import press_codes
from media.plane.sound_ring import SoundRing
from media.rtp.packet import RtpPacket
from media.rtp.telephone_event import TelephoneEventSender
from tests.testkit.virtual_leg import VirtualLeg


class Speaker(VirtualLeg):
    """A leg of which only the speaking half is run."""

    def say(self):
        """Let a tick pass and return what is said in it."""
        compose(self.table, self.lane, self.leg)
        return self.lane.spoken.copy()

    def send(self):
        """Let a tick pass and return the packets that leave in it."""
        compose(self.table, self.lane, self.leg)
        octets = next_event(self.lane, self.leg)
        if octets:
            return [RtpPacket.parse(self.lane.event_packet[:octets].tobytes())]
        if is_frame_a_packet(self.leg):
            octets = frame_packet(self.lane, self.leg)
            return [RtpPacket.parse(self.lane.frame_packet[:octets].tobytes())]
        queue_frame(self.lane, self.leg)
        sent = []
        while octets := next_packet(self.leg):
            sent.append(RtpPacket.parse(self.leg.packet[:octets].tobytes()))
            packet_left(self.leg)
        return sent

    def play(self, sound, loops=1, number=1):
        self.sound = np.ascontiguousarray(sound, np.int16)
        self.leg.prompt, self.leg.prompt_address = number, self.sound.ctypes.data
        self.leg.prompt_samples, self.leg.prompt_loops, self.leg.prompt_position = len(sound), loops, 0

    def press(self, keys, number=1):
        self.codes = press_codes(keys)
        self.leg.digits, self.leg.digits_address = number, self.codes.ctypes.data
        self.leg.digits_count, self.leg.digits_position = len(keys), 0

    def ends(self):
        report_ends(self.lane, self.leg)
        return self.events()


def ramp(samples):
    return np.arange(1, samples + 1, dtype=np.int16)


@given(st.integers(1, 700), st.integers(1, 4))
def test_a_prompt_of_any_length_is_said_whole_as_often_as_wanted(samples, loops):
    leg = Speaker()
    leg.play(ramp(samples), loops)
    ticks = -(-samples * loops // c.FRAME)
    said = np.concatenate([leg.say() for _ in range(ticks + 1)])
    assert np.array_equal(said[: samples * loops], np.tile(ramp(samples), loops))
    assert not said[samples * loops :].any()


def test_the_end_of_a_prompt_is_told_once_it_was_sent():
    leg = Speaker()
    leg.play(ramp(320), number=77)
    assert [leg.say() is not None and leg.ends() for _ in range(3)] == [[], [(c.FINISHED, 77)], []]


def test_a_prompt_that_ends_inside_a_longer_packet_ends_when_that_was_sent():
    leg = Speaker(frame_out=320)
    leg.play(ramp(160), number=5)
    assert leg.send() == []
    assert leg.ends() == []
    assert len(leg.send()) == 1
    assert leg.ends() == [(c.FINISHED, 5)]


def test_an_endless_prompt_never_ends():
    leg = Speaker()
    leg.play(ramp(100), loops=0)
    for _ in range(500):
        leg.say()
    assert leg.ends() == []


def test_silence_is_said_when_there_is_nothing_to_say():
    (packet,) = Speaker().send()
    assert packet.payload == bytes((g711.MULAW_SILENCE,)) * 160


def test_a_frame_that_is_a_packet_is_the_one_that_is_made_of_parts():
    whole, parts = (Speaker(law=c.LAW_A, voice_type=8, sequence=65535, ssrc=5) for _ in range(2))
    for leg in (whole, parts):
        leg.play(ramp(320))
        leg.leg.timestamp = 0xFFFFFFF0
    for _ in range(2):
        parts.say()
        queue_frame(parts.lane, parts.leg)
        octets = next_packet(parts.leg)
        expected = parts.leg.packet[:octets].tobytes()
        packet_left(parts.leg)
        assert whole.send() == [RtpPacket.parse(expected)]
    assert (whole.leg.timestamp, whole.leg.sequence) == (parts.leg.timestamp, parts.leg.sequence)


def test_what_waits_for_a_longer_packet_is_sent_before_frames_are_packets_again():
    leg = Speaker(frame_out=320)
    leg.play(ramp(480))
    assert leg.send() == []
    leg.leg.frame_out = c.FRAME
    assert not is_frame_a_packet(leg.leg)


@pytest.mark.parametrize("frame_out", [80, 160, 240, 320, 400, 480])
def test_packets_of_the_agreed_length_carry_everything_in_order(frame_out):
    leg = Speaker(frame_out=frame_out, sequence=65530, timestamp=0xFFFFFF00, ssrc=99)
    leg.play(ramp(4800))
    sent = [packet for _ in range(30) for packet in leg.send()]
    assert b"".join(packet.payload for packet in sent) == g711.encode_mulaw(ramp(4800))
    for index, packet in enumerate(sent):
        assert packet.sequence_number == (65530 + index) & 0xFFFF
        assert packet.timestamp == (0xFFFFFF00 + index * frame_out) & 0xFFFFFFFF
        assert (packet.ssrc, packet.marker, len(packet.payload)) == (99, index == 0, frame_out)


def test_time_passes_while_nothing_may_be_sent_and_a_marker_follows():
    leg = Speaker()
    (before,) = leg.send()
    for _ in range(5):
        stay_silent(leg.leg)
    (after,) = leg.send()
    assert after.timestamp == before.timestamp + 6 * 160
    assert after.sequence_number == before.sequence_number + 1
    assert after.marker


def test_alaw_is_sent_as_alaw():
    leg = Speaker(law=c.LAW_A, voice_type=8)
    leg.play(ramp(160))
    (packet,) = leg.send()
    assert (packet.payload_type, packet.payload) == (8, g711.encode_alaw(ramp(160)))


@pytest.mark.parametrize("keys", ["1", "12#", "1w2", "*W0", "ABCD", "5wW5"])
def test_keys_are_sent_as_the_plain_sender_sends_them(keys):
    leg, twin = Speaker(timestamp=0xFFFFF000), TelephoneEventSender()
    leg.press(keys)
    twin.press(keys)
    for tick in range(400):
        timestamp = (0xFFFFF000 + 160 * tick) & 0xFFFFFFFF
        wanted = twin.next_frame(timestamp)
        (packet,) = leg.send()
        if wanted is None:
            assert packet.payload_type == 0
        else:
            assert (packet.payload_type, packet.payload) == (101, wanted.payload)
            assert (packet.timestamp, packet.marker) == (wanted.timestamp, wanted.marker or tick == 0)


def test_the_end_of_a_digit_string_is_told_after_the_last_gap():
    leg = Speaker()
    leg.press("12", number=9)
    told = [leg.send() is not None and leg.ends() for _ in range(60)]
    assert [events for events in told if events] == [[(c.FINISHED, 9)]]
    assert leg.leg.press == NO_PRESS


def test_streamed_sound_is_said_as_it_is_written():
    leg, ring = Speaker(), SoundRing(1024)
    leg.leg.source, leg.leg.source_address = 3, ring.address
    ring.write(ramp(250))
    said = np.concatenate([leg.say() for _ in range(3)])
    assert np.array_equal(said[:250], ramp(250))
    assert not said[250:].any()


def test_the_end_of_streamed_sound_is_told_to_who_waits_for_it():
    leg, ring = Speaker(), SoundRing(1024)
    leg.leg.source, leg.leg.source_address = 3, ring.address
    ring.write(ramp(300))
    ring.words[c.SOUND_WANT_PLAYED] = 1
    assert [leg.say() is not None and leg.ends() for _ in range(3)] == [[], [(c.SOURCE_PLAYED, 3)], []]


def test_room_in_the_ring_is_told_to_who_waits_for_it():
    leg, ring = Speaker(), SoundRing(1024)
    leg.leg.source, leg.leg.source_address = 3, ring.address
    ring.write(ramp(1000))
    ring.words[c.SOUND_WANT_ROOM] = 1
    told = [leg.say() is not None and leg.events() for _ in range(6)]
    assert [events for events in told if events] == [[(c.SOURCE_ROOM, 3)]]


def test_forgotten_sound_is_not_said():
    leg, ring = Speaker(), SoundRing(1024)
    leg.leg.source, leg.leg.source_address = 3, ring.address
    ring.write(ramp(900))
    leg.say()
    ring.words[c.SOUND_FORGET] = ring.words[c.SOUND_HEAD]
    assert not leg.say().any()


def test_held_sound_waits_and_goes_on_where_it_stopped():
    leg, ring = Speaker(), SoundRing(1024)
    leg.leg.source, leg.leg.source_address = 3, ring.address
    ring.write(ramp(320))
    before = leg.say()
    ring.words[c.SOUND_HELD] = 1
    ring.words[c.SOUND_WANT_PLAYED] = 1
    assert not leg.say().any()
    assert (ring.taken, leg.ends()) == (160, [])
    ring.words[c.SOUND_HELD] = 0
    assert np.array_equal(np.concatenate((before, leg.say())), ramp(320))
    assert (ring.taken, leg.ends()) == (320, [(c.SOURCE_PLAYED, 3)])


def test_held_sound_that_is_forgotten_counts_as_taken():
    leg, ring = Speaker(), SoundRing(1024)
    leg.leg.source, leg.leg.source_address = 3, ring.address
    ring.write(ramp(900))
    ring.words[c.SOUND_HELD] = 1
    ring.words[c.SOUND_FORGET] = ring.words[c.SOUND_HEAD]
    assert not leg.say().any()
    assert ring.taken == 900
