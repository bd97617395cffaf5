"""How loud each party is, who speaks, for how long, and who leads: kernels beside their plain-numpy twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as shaped

from media.plane import layout as c
from media.plane.kernels import speech
from media.plane.kernels.jitter import weigh_frame
from media.plane.legs import clear_row
from media.sound import FULL_SCALE
from media.voice_activity import VoiceActivityDetector
from tests.testkit.virtual_leg import VirtualLeg, paced, packets, silent_packet
from tests.testkit.virtual_room import VirtualRooms

frames = shaped.arrays(np.int16, c.FRAME, elements=st.integers(-32768, 32767))
powers = st.lists(st.integers(0, 2000) | st.integers(0, 160 * 2048**2), max_size=80)

LOUD, QUIET = 3000, 30
MUTED = c.MEMBER_MUTED


def steady(amplitude: float) -> np.ndarray:
    """Return a frame of a whole-period tone of this amplitude."""
    return np.rint(amplitude * np.sin(2 * np.pi * np.arange(c.FRAME) / 8)).astype(np.int16)


def plain_power(sound: np.ndarray) -> int:
    return int(np.sum((sound.astype(np.int64) >> 4) ** 2))


class PlainParty:
    """What a party's frames mean, in plain words."""

    def __init__(self) -> None:
        self.power, self.noise, self.run, self.quiet, self.talked = 0, c.FIRST_NOISE, 0, c.STOP_TICKS, 0

    def hear(self, power: int) -> None:
        self.power += (power - self.power) // 8
        loud = power > max(8 * self.noise, speech.QUIETEST_SPEECH)
        self.noise = int(np.clip(min(power, self.noise + self.noise // 32), speech.LEAST_NOISE, 67109))
        self.run = self.run + 1 if loud else 0
        begins = self.run >= 2 or (loud and self.quiet <= 10)
        self.quiet = 0 if begins else min(self.quiet + 1, c.STOP_TICKS)
        self.talked += self.quiet <= 10

    def state(self) -> tuple[int, ...]:
        return self.power, self.noise, self.run, self.quiet, self.talked


@given(frames)
def test_the_power_of_a_frame_is_the_sum_of_its_squares(sound):
    assert speech.frame_power(sound) == plain_power(sound)


@given(powers)
def test_a_party_is_followed_as_the_plain_words_say(said):
    leg, plain = VirtualLeg().leg, PlainParty()
    leg.started = 1
    for power in said:
        speech.follow_party(leg, power)
        plain.hear(power)
        followed = leg.power, leg.noise_power, leg.loud_run, leg.quiet_ticks, leg.talk_ticks
        assert tuple(int(word) for word in followed) == plain.state()


def test_speech_is_told_from_noise_as_the_voice_detector_of_the_recorder_does():
    random = np.random.default_rng(7)
    loudness = np.repeat(random.choice([20, 60, 1500, 4000], 40), 25)
    sound = (random.standard_normal((1000, c.FRAME)) * loudness[:, None]).clip(-32768, 32767).astype(np.int16)
    leg, detector = VirtualLeg().leg, VoiceActivityDetector()
    leg.started, agreed = 1, 0
    for frame in sound:
        speech.follow_party(leg, speech.frame_power(frame))
        agreed += (leg.quiet_ticks <= speech.HANG_OVER_TICKS) == detector.receive(frame)[0].active
    assert agreed > 980


@pytest.mark.parametrize("listeners", [0, 1])
def test_talk_time_is_counted_whether_anybody_listens_or_not(listeners):
    leg = VirtualLeg(listeners=listeners)
    sound = np.concatenate([np.tile(steady(LOUD), 100), np.tile(steady(QUIET), 100)])
    leg.listen(paced(packets(sound)), 220)
    assert 100 <= leg.leg.talk_ticks <= 112


@given(st.integers(0, c.RING), st.integers(-200, 400), st.sets(st.integers(0, c.FRAME - 1)))
def test_a_frame_is_weighed_wherever_it_lies_in_the_ring(play, there, holes):
    leg = VirtualLeg().leg
    leg.play, leg.high = play, (play + there) & 0xFFFFFFFF
    places = (play + np.arange(c.FRAME)) % c.RING
    leg.jitter[places] = np.arange(c.FRAME) * 100 - 8000
    leg.jitter[places[list(holes)]] = c.HOLE
    missing = holes | set(range(max(there, 0), c.FRAME))
    found, power = weigh_frame(leg)
    assert found == len(missing)
    if not missing:
        assert power == plain_power(leg.jitter[places])


def test_what_is_muted_is_no_talk_and_tells_nothing_of_the_noise():
    leg = VirtualLeg(muted=1).leg
    leg.started = 1
    for _ in range(60):
        speech.follow_party(leg, 10**6)
    assert (leg.power, leg.talk_ticks, leg.noise_power) == (0, 0, c.FIRST_NOISE)


def test_a_row_as_new_has_said_nothing():
    leg = VirtualLeg().leg
    clear_row(leg)
    assert (leg.talk_ticks, leg.quiet_ticks) == (0, c.STOP_TICKS)


def watched(members: int) -> VirtualRooms:
    rooms = VirtualRooms(members)
    for row in range(members):
        rooms.join(row)
    rooms.tell(c.WATCH, c.ROOM_BASE, 1)
    return rooms


def speak(rooms: VirtualRooms, ticks: int, *amplitudes: float) -> list[tuple[str, int]]:
    """Let members speak so loud; return what was told: who begins, stops or leads."""
    told = []
    for _ in range(ticks):
        rooms.tick({row: steady(amplitude) for row, amplitude in enumerate(amplitudes)})
        for kind, room, value in rooms.events():
            assert room == c.ROOM_BASE
            if kind == c.LEADS:
                told.append(("leads", value & (c.ROOM_BASE - 1)))
            elif kind == c.SPEAKS:
                told.append(("begins" if value & 1 else "stops", (value >> 1) & (c.ROOM_BASE - 1)))
    return told


def test_a_watched_room_tells_who_begins_and_stops_to_speak():
    rooms = watched(2)
    assert speak(rooms, 30, QUIET, QUIET) == []
    assert speak(rooms, 30, QUIET, LOUD) == [("begins", 1), ("leads", 1)]
    assert speak(rooms, 49, QUIET, QUIET) == []
    assert speak(rooms, 5, QUIET, QUIET) == [("stops", 1)]


def test_a_breath_ends_nothing():
    rooms = watched(1)
    speak(rooms, 30, LOUD)
    assert speak(rooms, 40, QUIET) == speak(rooms, 10, LOUD) == []


def test_a_room_that_nobody_watches_tells_nothing_and_still_knows_who_leads():
    rooms = watched(2)
    rooms.tell(c.WATCH, c.ROOM_BASE, 0)
    assert speak(rooms, 30, LOUD, QUIET) == []
    assert rooms.table.rooms[0].speaker == 0


def test_who_leads_changes_with_half_a_second_of_louder_speech_and_not_with_a_cough():
    rooms = watched(2)
    speak(rooms, 30, LOUD, QUIET)
    assert speak(rooms, 12, LOUD, 4 * LOUD) == [("begins", 1)]
    assert speak(rooms, 60, LOUD, QUIET) == [("stops", 1)]
    assert ("leads", 1) in speak(rooms, 40, LOUD, 4 * LOUD)


def test_who_is_about_as_loud_does_not_take_the_lead():
    rooms = watched(2)
    speak(rooms, 30, LOUD, QUIET)
    assert speak(rooms, 100, LOUD, 1.2 * LOUD) == [("begins", 1)]


def test_after_the_leader_fell_silent_the_next_one_leads_soon():
    rooms = watched(2)
    speak(rooms, 50, LOUD, QUIET)
    speak(rooms, 15, QUIET, QUIET)
    assert ("leads", 1) in speak(rooms, 16, QUIET, LOUD)


def test_a_leader_who_leaves_leads_no_more_and_the_next_one_does():
    rooms = watched(3)
    speak(rooms, 30, LOUD, QUIET, QUIET)
    rooms.about(c.LEAVE, 0)
    assert rooms.table.rooms[0].speaker == -1
    told = speak(rooms, 30, 0, 0, LOUD)
    assert told == [("begins", 2), ("leads", 2)]


def test_who_is_muted_stops_to_speak_after_a_second():
    rooms = watched(1)
    speak(rooms, 30, LOUD)
    rooms.about(c.SET_MEMBER, 0, 0, MUTED, 1)
    assert rooms.table.legs[0].power > 0
    assert speak(rooms, 55, LOUD) == [("stops", 0)]
    assert rooms.table.legs[0].power == 0


def test_levels_are_decibels_of_full_scale():
    level = 10 * np.log10(speech.frame_power(steady(8000)) * 256 / c.FRAME / FULL_SCALE**2)
    assert level == pytest.approx(20 * np.log10(8000 / np.sqrt(2) / FULL_SCALE), abs=0.1)


@settings(max_examples=30)
@given(st.lists(st.lists(st.sampled_from([0, QUIET, 500, LOUD, 12000]), min_size=3, max_size=3), max_size=12))
def test_who_leads_is_always_a_member_who_has_spoken(story):
    rooms, spoken = watched(3), set()
    for amplitudes in story:
        for event, row in speak(rooms, 15, *amplitudes):
            spoken |= {row} if event == "begins" else set()
        assert rooms.table.rooms[0].speaker in spoken | {-1}


def test_a_packet_of_silence_after_speech_lets_the_level_fall():
    leg = VirtualLeg()
    leg.listen(paced(packets(np.tile(steady(LOUD), 20))), 15)
    loud = int(leg.leg.power)
    leg.listen([(3000 + 160 * n, silent_packet(20 + n)) for n in range(30)], 40)
    assert leg.leg.power < loud // 20
