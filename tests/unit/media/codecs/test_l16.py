import numpy as np

from media.codecs.l16 import decode_l16, encode_l16


def test_samples_travel_with_the_high_octet_first():
    assert encode_l16(np.array([1, -2, 0x1234], dtype=np.int16)) == bytes.fromhex("0001fffe1234")


def test_decoding_returns_the_samples():
    samples = np.array([-32768, -1, 0, 1, 32767], dtype=np.int16)
    assert np.array_equal(decode_l16(encode_l16(samples)), samples)


def test_half_a_sample_at_the_end_is_dropped():
    assert decode_l16(b"\x00\x01\x02").tolist() == [1]
