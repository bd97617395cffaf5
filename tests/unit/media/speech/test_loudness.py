import numpy as np
import pytest

from media.speech.loudness import LoudnessNormaliser, speech_level_dbfs
from media.tone import silence, tone
from tests.testkit.sound import babble


def normalised(sound, piece: int = 480) -> np.ndarray:
    normaliser = LoudnessNormaliser(8000)
    parts = [normaliser.process(sound[at : at + piece]) for at in range(0, len(sound), piece)]
    return np.concatenate([*parts, normaliser.finish()])


@pytest.mark.parametrize("dbfs", [-30.0, -26.0, -20.0, -12.0])
@pytest.mark.parametrize("seconds", [1.0, 6.0])
def test_speech_comes_out_near_the_target_however_loud_it_was(dbfs, seconds):
    heard = normalised(babble(seconds, dbfs=dbfs))
    assert speech_level_dbfs(heard) == pytest.approx(-18.0, abs=2.0)
    assert len(heard) == seconds * 8000


def test_peaks_are_bent_and_never_clipped():
    sound = silence(3.0)
    sound[::400] = 30000
    sound[200::400] = tone(1000, 3.0, level_dbfs=-40)[200::400]
    heard = normalised(sound)
    assert np.abs(heard.astype(int)).max() < 32767


def test_a_bent_peak_still_grows_with_its_input():
    normaliser = LoudnessNormaliser(8000, target_dbfs=0.0)
    normaliser.process(tone(1000, 3.0, level_dbfs=-3.0))
    ramp = np.arange(-32768, 32768, 256).astype(np.int16)
    heard = normaliser.process(ramp).astype(int)
    assert (np.diff(heard) >= 0).all()
    assert heard.max() < 32767 > -heard.min()


def test_silence_stays_silence():
    assert not normalised(silence(4.0)).any()
    assert len(normalised(silence(0.0))) == 0


def test_nearly_nothing_is_not_blown_up():
    heard = normalised(tone(500, 2.0, level_dbfs=-60.0))
    assert np.abs(heard.astype(int)).max() < 200


def test_the_result_does_not_depend_on_the_pieces_once_it_flows():
    sound = babble(5.0)
    assert np.array_equal(normalised(sound, 480), normalised(sound, 240))


def test_pauses_do_not_lower_the_level():
    speech = babble(2.0)
    alone = speech_level_dbfs(speech)
    assert alone is not None
    assert speech_level_dbfs(np.concatenate((speech, silence(5.0)))) == pytest.approx(alone, abs=0.01)
    assert speech_level_dbfs(silence(1.0)) is None
