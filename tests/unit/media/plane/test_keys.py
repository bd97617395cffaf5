"""Strings of keys to send, as codes and as tones."""

import pytest

from media.dtmf_detector import DtmfDetector
from media.errors import MediaMisuse
from media.plane.keys import press_codes, tones


def test_keys_are_their_event_codes_and_pauses_their_ticks():
    assert press_codes("09*#AdwW").tolist() == [0, 9, 10, 11, 12, 15, 16 + 25, 16 + 50]


def test_tones_are_the_keys_that_a_detector_finds():
    assert DtmfDetector().receive(tones("159w#")) == "159#"


def test_a_pause_is_as_long_as_it_says():
    assert len(tones("w")) == 4000
    assert len(tones("")) == 0


@pytest.mark.parametrize("digits", ["x", "12 3", "é"])
def test_what_is_no_key_is_refused(digits):
    with pytest.raises(MediaMisuse, match="is no key"):
        press_codes(digits)
