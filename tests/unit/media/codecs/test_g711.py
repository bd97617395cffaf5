import numpy as np
import pytest

from media.codecs.g711 import (
    ALAW_SILENCE,
    DECODE_ALAW,
    DECODE_MULAW,
    ENCODE_ALAW,
    ENCODE_MULAW,
    MULAW_SILENCE,
    decode_alaw,
    decode_mulaw,
    encode_alaw,
    encode_mulaw,
)

EVERY_SAMPLE = np.arange(65536, dtype=np.uint16).view(np.int16)


def mulaw_segments() -> tuple[list[int], list[int]]:
    """G.711 table 2a: decision values and output values of positive inputs, in 14-bit units."""
    decisions, outputs = [0], [0]
    step, value = 2, 1
    for segment in range(8):
        for _ in range(15 if segment == 0 else 16):
            decisions.append(value)
            outputs.append(value + step // 2)
            value += step
        step *= 2
    return decisions, outputs


def alaw_segments() -> tuple[list[int], list[int]]:
    """G.711 table 1a: decision values and output values of positive inputs, in 13-bit units."""
    decisions, outputs = [], []
    value = 0
    for step, intervals in ((2, 32), (4, 16), (8, 16), (16, 16), (32, 16), (64, 16), (128, 16)):
        for _ in range(intervals):
            decisions.append(value)
            outputs.append(value + step // 2)
            value += step
    return decisions, outputs


def test_the_decision_values_are_those_of_the_recommendation():
    decisions, outputs = mulaw_segments()
    assert decisions[:4] == [0, 1, 3, 5]
    assert (decisions[-1], outputs[-1], len(outputs)) == (7903, 8031, 128)
    decisions, outputs = alaw_segments()
    assert (decisions[-1], outputs[-1], len(outputs)) == (3968, 4032, 128)


@pytest.mark.parametrize(
    ("segments", "encode", "decode", "scale_bits", "positive", "invert"),
    [
        (mulaw_segments, ENCODE_MULAW, DECODE_MULAW, 2, 0x00, 0xFF),
        (alaw_segments, ENCODE_ALAW, DECODE_ALAW, 3, 0x80, 0x55),
    ],
)
def test_all_65536_samples_get_the_code_of_their_interval(
    segments, encode, decode, scale_bits, positive, invert
):
    decisions, outputs = segments()
    negative = EVERY_SAMPLE < 0
    magnitude = np.where(negative, ~EVERY_SAMPLE.astype(np.int32), EVERY_SAMPLE)
    scaled = magnitude >> scale_bits
    interval = np.searchsorted(decisions, scaled, side="right") - 1
    sign = np.where(negative, 0x80 - positive, positive)
    assert np.array_equal(encode, (interval | sign) ^ invert)
    expected = np.array(outputs)[interval] << scale_bits
    assert np.array_equal(decode[encode], np.where(negative, -expected, expected))


def test_mulaw_agrees_with_the_bit_by_bit_algorithm_of_g191():
    def compress(sample: int) -> int:
        magnitude = min(((~sample if sample < 0 else sample) >> 2) + 33, 0x1FFF)
        segment = 1 + (magnitude >> 6).bit_length()
        code = (8 - segment) << 4 | 0x0F - ((magnitude >> segment) & 0x0F)
        return code if sample < 0 else code | 0x80

    assert [compress(sample) for sample in EVERY_SAMPLE.tolist()] == ENCODE_MULAW.tolist()


def test_alaw_agrees_with_the_bit_by_bit_algorithm_of_g191():
    def compress(sample: int) -> int:
        code = (~sample if sample < 0 else sample) >> 4
        if code > 15:
            exponent = 1
            while code > 31:
                code, exponent = code >> 1, exponent + 1
            code = code - 16 + (exponent << 4)
        return (code if sample < 0 else code | 0x80) ^ 0x55

    assert [compress(sample) for sample in EVERY_SAMPLE.tolist()] == ENCODE_ALAW.tolist()


@pytest.mark.parametrize(("encode", "decode"), [(ENCODE_MULAW, DECODE_MULAW), (ENCODE_ALAW, DECODE_ALAW)])
def test_coding_twice_changes_nothing_more(encode, decode):
    once = decode[encode]
    assert np.array_equal(decode[encode[once.view(np.uint16)]], once)


def test_silence_is_the_code_of_zero():
    assert encode_mulaw(np.zeros(3, dtype=np.int16)) == bytes((MULAW_SILENCE,)) * 3
    assert encode_alaw(np.zeros(3, dtype=np.int16)) == bytes((ALAW_SILENCE,)) * 3
    assert decode_mulaw(bytes((MULAW_SILENCE,)))[0] == 0


def test_every_octet_can_be_decoded():
    assert len(decode_mulaw(bytes(range(256)))) == len(decode_alaw(bytes(range(256)))) == 256


def test_the_tables_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        DECODE_MULAW[0] = 1
