import numpy as np
import pytest

from media.recording.wav import HEADER_OCTETS, MAX_DATA_OCTETS, wav_header
from media.tone import tone
from tests.testkit.sound import read_wav


@pytest.mark.parametrize("channels", [1, 2])
def test_a_header_and_samples_are_a_wav_file(channels):
    sound = tone(1000, 0.1)
    rate, samples = read_wav(wav_header(8000, channels, 2 * len(sound)) + sound.tobytes())
    assert rate == 8000
    assert np.array_equal(samples.reshape(-1), sound)
    assert samples.shape[1] == channels


def test_a_header_alone_is_an_empty_wav_file():
    header = wav_header(8000, 1, 0)
    assert len(header) == HEADER_OCTETS
    assert len(read_wav(header)[1]) == 0


def test_the_largest_file_still_fits_its_header():
    assert wav_header(8000, 1, MAX_DATA_OCTETS)[4:8] == b"\xff\xff\xff\xff"
