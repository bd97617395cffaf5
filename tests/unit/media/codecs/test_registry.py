import numpy as np
import pytest

from media.codecs.bands import QMF_TAPS
from media.codecs.registry import CODECS, G722, OPUS, PCMA, PCMU, codec_of_static_payload_type, codecs_named
from media.tone import tone


@pytest.mark.parametrize(("payload_type", "codec"), [(0, PCMU), (8, PCMA), (9, G722), (3, None), (96, None)])
def test_static_payload_types_are_those_of_rfc_3551(payload_type, codec):
    assert codec_of_static_payload_type(payload_type) is codec


def test_names_are_compared_without_case():
    assert codecs_named("pcmu") == (PCMU,)
    assert PCMU.is_named("pcmu", 8000, 1)


def test_a_codec_is_named_by_its_rate_and_channels_too():
    assert not PCMU.is_named("PCMU", 16000, 1)
    assert not PCMU.is_named("PCMU", 8000, 2)


def test_a_frame_of_20_ms_has_160_octets_of_g711():
    assert PCMU.samples_per_frame(20) == PCMU.octets_per_frame(20) == 160


@pytest.mark.parametrize("codec", [codec for codec in CODECS if codec is not OPUS], ids=str)
def test_every_codec_carries_a_tone(codec):
    sent = tone(1000, 0.1, rate=codec.sample_rate)
    payload = codec.encode(sent)
    heard = codec.decode(payload)
    assert len(payload) == codec.octets_per_frame(100)
    delay = QMF_TAPS - 2 if codec is G722 else 0
    # G.722 learns of a sound's loudness for some milliseconds.
    heard, sent = heard[delay:][400:], sent[: len(sent) - delay][400:]
    error = (heard.astype(float) - sent) ** 2
    assert np.mean(error) < np.mean(sent.astype(float) ** 2) / 1000
