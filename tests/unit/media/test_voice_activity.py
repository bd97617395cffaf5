import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.errors import MediaMisuse
from media.tone import silence, tone
from media.voice_activity import LOUDEST_FLOOR_DBFS, Stretch, VoiceActivityDetector
from tests.testkit.sound import babble, noise


def active_seconds(*sounds) -> float:
    stretches = VoiceActivityDetector().receive(np.concatenate(sounds))
    return sum(stretch.samples for stretch in stretches if stretch.active) / 8000


def test_silence_is_not_active():
    assert VoiceActivityDetector().receive(silence(1.0)) == [Stretch(False, 8000)]


@pytest.mark.parametrize("level", [-70.0, -55.0, -45.0, -42.0])
def test_the_noise_of_a_line_is_not_active(level):
    assert active_seconds(noise(5.0, level)) == 0.0


@pytest.mark.parametrize("level", [-60.0, -45.0])
def test_a_tone_above_the_noise_is_active_with_its_hang_over(level):
    sounds = (noise(1.0, level), tone(500, 1.0, level_dbfs=-15.0), noise(1.0, level, seed=2))
    assert active_seconds(*sounds) == pytest.approx(1.2, abs=0.06)


def test_speech_with_its_pauses_is_mostly_active():
    assert active_seconds(silence(0.5), babble(6.0, dbfs=-25.0), silence(1.0)) > 4.0


def test_quiet_speech_on_a_clean_line_is_heard():
    assert active_seconds(silence(0.5), babble(4.0, dbfs=-42.0)) > 2.0


def test_louder_noise_is_taken_for_speech_only_until_the_floor_has_followed():
    assert active_seconds(noise(5.0, -37.0)) < 1.0


def test_one_click_is_not_speech():
    click = tone(1000, 0.02, level_dbfs=-3.0)
    assert active_seconds(silence(0.5), click, silence(0.5)) == 0.0


def test_a_constant_offset_is_silence():
    assert active_seconds(np.full(8000, 3000, dtype=np.int16)) == 0.0


def test_noise_that_grows_stops_being_active():
    detector = VoiceActivityDetector()
    detector.receive(noise(1.0, -70.0))
    detector.receive(noise(8.0, -36.0, seed=2))
    assert not detector.active


def test_a_steady_tone_stays_active_since_the_floor_has_a_ceiling():
    detector = VoiceActivityDetector()
    detector.receive(silence(0.2))
    assert active_seconds(silence(0.2), tone(440, 20.0, level_dbfs=-12.0)) > 19.9
    detector.receive(tone(440, 20.0, level_dbfs=-12.0))
    assert detector.floor_dbfs == LOUDEST_FLOOR_DBFS


@pytest.mark.parametrize("piece", [1, 77, 160, 1000])
def test_decisions_do_not_depend_on_the_pieces(piece):
    sound = np.concatenate((noise(0.3, -60.0), babble(0.7), noise(0.4, -60.0)))
    whole = VoiceActivityDetector()
    expected = sum(each.samples for each in whole.receive(sound) if each.active)
    cut = VoiceActivityDetector()
    stretches = [each for at in range(0, len(sound), piece) for each in cut.receive(sound[at : at + piece])]
    assert sum(each.samples for each in stretches if each.active) == expected


def test_a_rate_without_a_frame_is_refused():
    with pytest.raises(MediaMisuse):
        VoiceActivityDetector(10)


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from([-90.0, -60.0, -45.0, -38.0, -20.0]), st.integers(1, 40)), max_size=8),
    st.lists(st.integers(1, 4000), min_size=1, max_size=6),
)
def test_many_frames_are_judged_as_one_after_the_other(sounds, pieces):
    sound = np.concatenate([silence(0.1), *(noise(0.02 * frames, level) for level, frames in sounds)])
    singly, together = VoiceActivityDetector(), VoiceActivityDetector()
    expected = [
        stretch.active for at in range(0, len(sound), 160) for stretch in singly.receive(sound[at : at + 160])
    ]
    found, at = [], 0
    while at < len(sound):
        for stretch in together.receive(sound[at : at + pieces[0]]):
            found += [stretch.active] * (stretch.samples // 160)
        at += pieces[0]
        pieces.append(pieces.pop(0))
    assert found == expected
    assert together.floor_dbfs == pytest.approx(singly.floor_dbfs)
