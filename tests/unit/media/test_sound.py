import numpy as np
import pytest

from media.sound import amplitude_of, level_dbfs
from media.tone import tone


def test_a_sine_that_peaks_at_full_scale_lies_3_db_below_it():
    assert level_dbfs(tone(1000, 1.0, level_dbfs=0.0)) == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize("samples", [np.zeros(160, dtype=np.int16), np.empty(0, dtype=np.int16)])
def test_silence_has_no_level(samples):
    assert level_dbfs(samples) == float("-inf")


def test_six_db_are_half_the_amplitude():
    assert amplitude_of(-6.0206) == pytest.approx(16384, rel=1e-4)
