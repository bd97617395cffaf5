import numpy as np
import pytest

from media.errors import MediaMisuse
from media.sound import level_dbfs
from media.tone import DTMF_KEYS, RINGBACK, beep, departure, dtmf, ringback, silence, tone
from tests.testkit.sound import level_at, loudest_frequency


@pytest.mark.parametrize("frequency", [425, 1000, 3000])
def test_a_tone_has_its_frequency_and_level(frequency):
    heard = tone(frequency, 0.5, level_dbfs=-12.0)
    assert loudest_frequency(heard) == pytest.approx(frequency, abs=2)
    assert level_at(heard, frequency) == pytest.approx(-12.0, abs=0.05)
    assert len(heard) == 4000


def test_tones_add_up():
    heard = tone((440, 480), 1.0, level_dbfs=-20.0)
    assert [round(level_at(heard, each)) for each in (440, 480)] == [-20, -20]


def test_too_loud_a_sum_is_clipped_and_does_not_wrap():
    heard = tone((1000, 1000, 1000), 0.1, level_dbfs=0.0)
    assert (heard.max(), heard.min()) == (32767, -32768)
    assert np.array_equal(np.sign(heard[1:4]), [1, 1, 1])


@pytest.mark.parametrize("frequency", [0, -5, 4000, 9000])
def test_a_frequency_that_the_rate_cannot_carry_is_refused(frequency):
    with pytest.raises(MediaMisuse, match="cannot be carried"):
        tone(frequency, 1.0)


def test_the_beep_has_soft_edges():
    heard = beep()
    assert loudest_frequency(heard) == 1000
    assert max(abs(int(heard[0])), abs(int(heard[-1]))) < 100


def test_a_departure_falls_from_one_tone_to_a_lower_one():
    heard = departure()
    assert (loudest_frequency(heard[:1200]), loudest_frequency(heard[-1200:])) == (800, 600)


@pytest.mark.parametrize("country", RINGBACK)
def test_ringback_sounds_and_pauses_as_its_country_does(country):
    frequencies, cadence = RINGBACK[country]
    heard = ringback(country)
    assert len(heard) == round(sum(cadence) * 8000)
    sounding = heard[: round(cadence[0] * 8000)]
    assert all(level_at(sounding, each) > -20 for each in frequencies)
    assert level_dbfs(heard[-round(cadence[-1] * 8000) :]) == float("-inf")


def test_an_unknown_country_is_named():
    with pytest.raises(MediaMisuse, match=r"'xx'.*eu, uk, us"):
        ringback("xx")


def test_every_key_has_a_pair_of_its_own():
    pairs = set()
    for key in DTMF_KEYS:
        heard = dtmf(key, 0.5, level_dbfs=-20.0)
        pairs.add(
            tuple(
                each for each in (697, 770, 852, 941, 1209, 1336, 1477, 1633) if level_at(heard, each) > -25
            )
        )
    assert len(pairs) == 16
    assert all(len(pair) == 2 for pair in pairs)


@pytest.mark.parametrize("key", ["", "12", "x"])
def test_what_is_no_key_has_no_tones(key):
    with pytest.raises(MediaMisuse, match="no key"):
        dtmf(key)


def test_silence_is_silent():
    assert not silence(0.02).any()
    assert len(silence(0.02)) == 160
