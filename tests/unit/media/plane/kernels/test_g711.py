import numpy as np
import pytest

from media.codecs import g711
from media.plane import layout as c
from media.plane.kernels.g711 import decode_g711, encode_g711

LAWS = [
    pytest.param(c.LAW_MU, g711.ENCODE_MULAW, g711.DECODE_MULAW, id="mu-law"),
    pytest.param(c.LAW_A, g711.ENCODE_ALAW, g711.DECODE_ALAW, id="A-law"),
]


@pytest.mark.parametrize(("law", "encoded", "decoded"), LAWS)
def test_each_sample_has_the_code_of_the_table(law, encoded, decoded):
    samples = np.arange(65536, dtype=np.uint16).view(np.int16)
    codes = np.zeros(len(samples), np.uint8)

    encode_g711(samples, codes, law)

    assert np.array_equal(codes, encoded)


@pytest.mark.parametrize(("law", "encoded", "decoded"), LAWS)
def test_each_code_has_the_sample_of_the_table(law, encoded, decoded):
    codes = np.arange(256, dtype=np.uint8)
    samples = np.zeros(256, np.int16)

    decode_g711(codes, samples, law)

    assert np.array_equal(samples, decoded)


@pytest.mark.parametrize(("law", "encoded", "decoded"), LAWS)
def test_only_as_many_samples_are_touched_as_there_are_codes(law, encoded, decoded):
    samples = np.full(4, 77, np.int16)

    decode_g711(encoded[:2], samples, law)

    assert list(samples[2:]) == [77, 77]
