import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import MediaMisuse
from media.resample import Resampler, resample
from media.sound import level_dbfs
from media.tone import tone
from tests.testkit.sound import level_at, noise

SPEECH = noise(0.25, -20.0, rate=22050)


@pytest.mark.parametrize(
    ("rate_in", "rate_out"),
    [
        (22050, 8000),
        (44100, 8000),
        (48000, 8000),
        (16000, 8000),
        (11025, 8000),
        (8000, 16000),
        (8000, 48000),
        (16000, 48000),
    ],
)
def test_a_tone_keeps_its_frequency_phase_and_level(rate_in, rate_out):
    heard = resample(tone(1000, 0.5, rate=rate_in), rate_in, rate_out)
    expected = tone(1000, 0.5, rate=rate_out)
    assert len(heard) == len(expected)
    inner = slice(rate_out // 20, -rate_out // 20)
    assert np.abs(heard[inner].astype(int) - expected[inner]).max() <= 2


@pytest.mark.parametrize("frequency", [4500, 5500, 7000, 9900])
def test_what_the_lower_rate_cannot_carry_is_gone_and_does_not_come_back_lower(frequency):
    heard = resample(tone(frequency, 0.5, rate=22050, level_dbfs=-3.0), 22050, 8000)
    assert level_dbfs(heard[400:-400]) < -80


def test_a_higher_rate_adds_no_mirror_of_the_sound():
    heard = resample(tone(3000, 0.5, level_dbfs=-3.0), 8000, 16000)
    assert level_at(heard[800:-800], 5000, 16000) < -75


@pytest.mark.parametrize("frequency", [300, 1000, 3000, 3400])
def test_the_telephone_band_passes_unchanged(frequency):
    heard = resample(tone(frequency, 0.5, rate=44100, level_dbfs=-10.0), 44100, 8000)
    assert level_at(heard[400:-400], frequency) == pytest.approx(-10.0, abs=0.2)


@given(st.lists(st.integers(0, 900), max_size=20))
def test_the_result_does_not_depend_on_the_pieces(lengths):
    resampler = Resampler(22050, 8000)
    parts, at = [], 0
    for length in [*lengths, len(SPEECH)]:
        parts.append(resampler.process(SPEECH[at : at + length]))
        at += length
    parts.append(resampler.finish())
    assert np.array_equal(np.concatenate(parts), resample(SPEECH, 22050, 8000))


@given(
    st.integers(0, 300),
    st.sampled_from([8000, 11025, 16000, 44100, 48000]),
    st.sampled_from([8000, 16000, 24000]),
)
def test_the_whole_is_as_long_as_the_input_rounded_up(count, rate_in, rate_out):
    heard = resample(np.zeros(count, dtype=np.int16), rate_in, rate_out)
    assert len(heard) == -(-count * rate_out // rate_in)


def test_a_constant_stays_that_constant():
    heard = resample(np.full(4000, 1234, dtype=np.int16), 11025, 8000)
    assert set(heard[200:-200].tolist()) == {1234}


def test_full_scale_is_clipped_and_does_not_wrap():
    square = np.where(np.arange(8820) // 40 % 2, -32768, 32767).astype(np.int16)
    heard = resample(square, 44100, 8000).astype(int)
    assert (heard.max(), heard.min()) == (32767, -32768)
    assert np.abs(np.diff(heard)).max() < 65000


def test_equal_rates_change_nothing():
    assert resample(SPEECH, 8000, 8000) is not None
    assert np.array_equal(resample(SPEECH, 8000, 8000), SPEECH)


@pytest.mark.parametrize("rates", [(0, 8000), (8000, 3999), (400_000, 8000)])
def test_rates_beyond_reason_are_refused(rates):
    with pytest.raises(MediaMisuse, match="outside 4000 to 192000"):
        Resampler(*rates)
