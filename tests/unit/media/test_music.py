import numpy as np

from media.music import hold_music, melody
from media.sound import level_dbfs
from tests.testkit.sound import loudest_frequency


def test_notes_follow_one_another_at_their_pitch():
    heard = melody([(523.25, 0.25), (784.0, 0.5)])
    assert len(heard) == 6000
    assert round(loudest_frequency(heard[:2000])) in range(520, 528)
    assert round(loudest_frequency(heard[2000:])) in range(781, 787)


def test_hold_music_is_soft_and_repeats_without_a_click():
    heard = hold_music()
    assert len(heard) == 16 * 8000
    assert -40 < level_dbfs(heard) < -23
    assert abs(int(heard[0]) - int(heard[-1])) < 300
    assert np.abs(heard).max() < 4000
