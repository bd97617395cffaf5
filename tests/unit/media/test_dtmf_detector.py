import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.dtmf_detector import (
    BLOCK,
    HOP,
    MAX_SKIPPED_FRAMES,
    TABLE,
    DtmfDetector,
    block_energies,
    debounce,
    key_in_block,
    new_state,
)
from media.tone import DTMF_KEYS, dtmf, silence, tone
from tests.testkit.sound import babble, noise


def keys_in(*sounds, frame: int = 160) -> str:
    sound = np.concatenate(sounds)
    detector = DtmfDetector()
    return "".join(detector.receive(sound[at : at + frame]) for at in range(0, len(sound), frame))


def pair(low: float, high: float, seconds: float = 0.1, *, low_dbfs: float = -13.0, high_dbfs: float = -13.0):
    return tone(low, seconds, level_dbfs=low_dbfs) + tone(high, seconds, level_dbfs=high_dbfs)


@pytest.mark.parametrize("key", DTMF_KEYS)
def test_every_key_is_found_once(key):
    assert keys_in(silence(0.05), dtmf(key), silence(0.05)) == key


@pytest.mark.parametrize("offset", range(0, 160, 16))
def test_presses_of_40_ms_with_pauses_of_40_ms_are_found_wherever_frames_are_cut(offset):
    sounds = [part for key in "1199#" for part in (dtmf(key, 0.04), silence(0.04))]
    assert keys_in(silence(offset / 8000), *sounds) == "1199#"


def test_a_long_press_is_one_key():
    assert keys_in(dtmf("5", 3.0), silence(0.1)) == "5"


def test_a_tone_of_15_ms_is_no_press():
    assert keys_in(silence(0.03), dtmf("5", 0.015), silence(0.1)) == ""


@pytest.mark.parametrize("break_ms", [3, 10])
def test_a_short_break_does_not_split_a_press(break_ms):
    assert keys_in(dtmf("5", 0.06), silence(break_ms / 1000), dtmf("5", 0.06), silence(0.1)) == "5"


def test_a_key_follows_another_without_a_pause():
    assert keys_in(dtmf("1", 0.06), dtmf("2", 0.06), dtmf("3", 0.06), silence(0.1)) == "123"


@pytest.mark.parametrize("dbm0", [0, -10, -20, -25])
def test_keys_are_found_from_loud_to_25_db_below(dbm0):
    assert keys_in(silence(0.05), dtmf("7", level_dbfs=dbm0 - 3.14), silence(0.05)) == "7"


def test_keys_are_found_in_noise_15_db_below_them():
    sounds = [part for key in "0123456789" for part in (dtmf(key, 0.08, level_dbfs=-23), silence(0.08))]
    sound = np.concatenate(sounds)
    assert keys_in(sound + noise(len(sound) / 8000, -23 - 15)) == "0123456789"


@pytest.mark.parametrize(("low_dbfs", "high_dbfs"), [(-13, -17), (-17, -13), (-13, -21), (-8, -16)])
def test_twist_within_the_limits_of_q24_is_forgiven(low_dbfs, high_dbfs):
    assert (
        keys_in(silence(0.05), pair(770, 1336, low_dbfs=low_dbfs, high_dbfs=high_dbfs), silence(0.1)) == "5"
    )


@pytest.mark.parametrize(("low_dbfs", "high_dbfs"), [(-10, -22), (-22, -10)])
def test_twist_beyond_them_is_no_key(low_dbfs, high_dbfs):
    assert keys_in(silence(0.05), pair(770, 1336, low_dbfs=low_dbfs, high_dbfs=high_dbfs), silence(0.1)) == ""


@pytest.mark.parametrize("key", "17*#D")
@pytest.mark.parametrize("factor", [0.985, 1.015])
def test_tones_one_and_a_half_percent_off_are_a_key(key, factor):
    index = DTMF_KEYS.index(key)
    low, high = (697, 770, 852, 941)[index // 4], (1209, 1336, 1477, 1633)[index % 4]
    assert keys_in(silence(0.05), pair(low * factor, high * factor), silence(0.05)) == key


def test_one_tone_alone_is_no_key():
    assert keys_in(tone(770, 0.2), silence(0.05), tone(1336, 0.2), silence(0.05)) == ""


def test_a_third_tone_hides_the_key():
    assert keys_in(pair(770, 1336) + tone(1000, 0.1, level_dbfs=-13.0), silence(0.05)) == ""


@pytest.mark.parametrize(
    "frequencies", [(440, 480), (350, 440), (480, 620), (425,), (400, 450), (1400, 2060)]
)
def test_tones_of_the_network_are_no_keys(frequencies):
    assert keys_in(tone(frequencies, 1.0)) == ""


@pytest.mark.parametrize("seed", range(4))
def test_sound_like_speech_presses_nothing(seed):
    assert keys_in(babble(20.0, seed=seed, dbfs=-18.0), frame=8000) == ""


def test_noise_presses_nothing():
    assert keys_in(noise(20.0, -15.0), frame=8000) == ""


def test_frames_that_never_came_do_not_split_a_press():
    detector = DtmfDetector()
    press = dtmf("5", 0.06)
    heard = detector.receive(press) + detector.skip(160) + detector.skip(160) + detector.receive(press)
    assert heard + detector.receive(silence(0.1)) == "5"


def test_a_broken_line_ends_a_press():
    detector = DtmfDetector()
    heard = detector.receive(dtmf("5", 0.06))
    for _ in range(MAX_SKIPPED_FRAMES + 3):
        heard += detector.skip(160)
    assert heard + detector.receive(dtmf("5", 0.06)) == "55"


@given(st.lists(st.integers(1, 400), min_size=1, max_size=30))
def test_the_result_does_not_depend_on_the_pieces(lengths):
    sound = np.concatenate([part for key in "42#" for part in (dtmf(key, 0.05), silence(0.05))])
    detector, at, heard = DtmfDetector(), 0, ""
    for length in [*lengths, len(sound)]:
        heard += detector.receive(sound[at : at + length])
        at += length
    assert heard == "42#"


@pytest.mark.parametrize(
    "sound", [dtmf("9", 0.02), noise(0.02, -20.0), silence(0.02), dtmf("A", 0.02, level_dbfs=-28)]
)
def test_the_steps_that_are_compiled_agree_with_the_array_form(sound):
    block = sound[:BLOCK].astype(np.float64)
    energies = np.empty(16)
    total = block_energies(block, TABLE, energies)
    assert total == pytest.approx(np.dot(block, block) * BLOCK / 2)
    correlated = np.dot(block, TABLE) ** 2
    if energies.any():
        assert np.allclose(energies[:8], correlated[:8] + correlated[8:])
    assert key_in_block(energies, total) == DtmfDetector._key_in(block)


def test_the_walk_of_a_kernel_finds_what_the_detector_finds():
    sound = np.concatenate([part for key in "1#" for part in (dtmf(key, 0.05), silence(0.05))])
    state, energies, found = new_state(), np.empty(16), ""
    for start in range(0, len(sound) - BLOCK + 1, HOP):
        total = block_energies(sound[start : start + BLOCK].astype(np.float64), TABLE, energies)
        key = debounce(state, key_in_block(energies, total))
        found += DTMF_KEYS[key] if key >= 0 else ""
    assert found == "1#"
