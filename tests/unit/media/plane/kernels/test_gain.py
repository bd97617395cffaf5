"""Steady loudness and the noise gate: the kernel beside its plain-numpy twin, and what a room hears of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as shaped

from media.plane import layout as c
from media.plane.kernels import gain
from tests.testkit.virtual_room import VirtualRooms

frames = shaped.arrays(np.int16, c.FRAME, elements=st.integers(-32767, 32767))
gains = st.integers(0, gain.MOST_GAIN)

STEADY, GATE = c.SHAPE_GAIN, c.SHAPE_GATE
random = np.random.default_rng(3)


def plain_lead(sound: np.ndarray, before: int, after: int) -> np.ndarray:
    ramp = before + (after - before) * np.arange(1, c.FRAME + 1, dtype=np.int64) // c.FRAME
    louder: np.ndarray = np.clip((sound.astype(np.int64) * ramp) >> 12, -32767, 32767).astype(np.int16)
    return louder


@given(frames, gains, gains)
def test_a_frame_is_led_from_one_gain_to_another(sound, before, after):
    expected = plain_lead(sound, before, after)
    gain.lead_gain(sound, before, after)
    assert np.array_equal(sound, expected)


def speech(amplitude: float) -> np.ndarray:
    """Return a frame of noise as loud as speech of this RMS."""
    return np.clip(random.standard_normal(c.FRAME) * amplitude, -32000, 32000).astype(np.int16)


def talk(amplitude: float, ticks: int) -> list[np.ndarray]:
    """Return speech with a short pause after each syllable, as people make them."""
    return [speech(amplitude if tick % 12 < 10 else 2) for tick in range(ticks)]


def rms_dbfs(sound: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(sound.astype(float) ** 2)) / 32768 + 1e-9))


class Pair:
    """A room of two, of whom the second hears what is done to the first."""

    def __init__(self, shaping: int) -> None:
        self.rooms = VirtualRooms(2)
        self.rooms.join(0)
        self.rooms.join(1)
        self.shape(shaping)

    def shape(self, shaping: int) -> None:
        self.rooms.about(c.SHAPE, 0, 0, shaping)

    def hear(self, said: list[np.ndarray]) -> np.ndarray:
        return np.concatenate([self.rooms.tick({0: frame})[1] for frame in said])


@pytest.mark.parametrize("amplitude", [700, 3000, 9000])
def test_speech_of_any_loudness_is_heard_at_the_same(amplitude):
    heard = Pair(STEADY).hear(talk(amplitude, 500))
    # A sixth of it are pauses.
    assert rms_dbfs(heard[-16000:]) == pytest.approx(-20.8, abs=1.5)


def test_a_whisper_is_not_made_louder_than_18_db():
    said = talk(200, 500)
    heard = Pair(STEADY).hear(said)
    assert rms_dbfs(heard[-8000:]) - rms_dbfs(np.concatenate(said)) == pytest.approx(18, abs=1)


def test_pauses_do_not_turn_the_gain_up():
    pair = Pair(STEADY)
    pair.hear(talk(3277, 200))
    before = int(pair.rooms.table.legs[0].gain)
    pair.hear([speech(10) for _ in range(500)])
    assert abs(int(pair.rooms.table.legs[0].gain) - before) < before // 20


def test_noise_is_shut_out_in_pauses_and_the_first_word_is_heard_whole():
    pair = Pair(GATE)
    noise = [speech(60) for _ in range(100)]
    shut = pair.hear(noise)
    assert rms_dbfs(shut[-8000:]) < rms_dbfs(noise[0]) - 25
    word = [speech(4000) for _ in range(10)]
    heard = pair.hear(word)
    assert np.array_equal(heard[160:], np.concatenate(word)[160:])
    assert rms_dbfs(heard[80:160]) > rms_dbfs(word[0]) - 4


def test_what_is_not_asked_for_changes_no_sample():
    said = [speech(2000) for _ in range(50)]
    assert np.array_equal(Pair(0).hear(said), np.concatenate(said))


def test_what_ends_is_led_back_and_changes_no_sample_then():
    pair = Pair(STEADY | GATE)
    pair.hear(talk(600, 300))
    pair.shape(0)
    pair.hear([speech(600)])
    assert pair.rooms.table.legs[0].shaping == 0
    said = [speech(600) for _ in range(5)]
    assert np.array_equal(pair.hear(said), np.concatenate(said))


def test_who_leaves_is_heard_as_they_are_in_the_next_room():
    pair = Pair(STEADY)
    pair.hear(talk(600, 300))
    pair.rooms.about(c.LEAVE, 0)
    pair.rooms.join(0)
    said = [speech(600) for _ in range(5)]
    assert np.array_equal(pair.hear(said), np.concatenate(said))


def test_nobody_hears_their_own_shaped_voice():
    rooms = VirtualRooms(2)
    rooms.join(0)
    rooms.join(1)
    rooms.about(c.SHAPE, 0, 0, STEADY)
    for _ in range(200):
        told = rooms.tick({0: speech(600), 1: np.full(c.FRAME, 11, np.int16)})
        assert np.array_equal(told[0], np.full(c.FRAME, 11))


@settings(max_examples=20)
@given(
    st.lists(st.integers(0, 32767), min_size=1, max_size=40), st.sampled_from([STEADY, GATE, STEADY | GATE])
)
def test_gains_stay_within_their_bounds_whatever_is_said(amplitudes, shaping):
    pair = Pair(shaping)
    leg = pair.rooms.table.legs[0]
    for amplitude in amplitudes:
        pair.hear([np.full(c.FRAME, amplitude, np.int16)])
        assert gain.LEAST_GAIN <= leg.gain <= gain.MOST_GAIN
        assert gain.CLOSED <= leg.gate <= c.UNITY


def test_both_bands_of_a_wideband_member_are_led_alike():
    rooms = VirtualRooms(1)
    leg, heard = rooms.table.legs[0], rooms.wide[0].heard_bands
    leg.wide, leg.shaping, leg.gain, leg.applied, leg.quiet_ticks = 1, STEADY, 8192, 8192, c.STOP_TICKS
    bands = np.stack([speech(900), speech(300)])
    heard[:] = bands
    gain.shape(leg)
    assert np.array_equal(heard, np.stack([plain_lead(band, 8192, 8192) for band in bands]))
