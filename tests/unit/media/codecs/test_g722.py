"""ITU-T G.722, against FFmpeg's."""

import numpy as np
import pytest

from media.codecs import bands, g722
from tests.testkit.wide_peer import decode_g722, encode_g722, wide_tone


def sounds() -> dict[str, np.ndarray]:
    random = np.random.default_rng(722)
    return {
        "noise": random.normal(0, 4000, 3200).astype(np.int16),
        "clipped noise": np.clip(random.normal(0, 40000, 1600), -32768, 32767).astype(np.int16),
        "tones": wide_tone(900, 0.1) + wide_tone(5300, 0.1, 3000),
        "silence": np.zeros(640, np.int16),
        "faint": random.integers(-3, 4, 1600).astype(np.int16),
        "square": np.tile(np.repeat(np.array([20000, -20000], np.int16), 40), 20),
    }


def exact_bands(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split with the integers of the recommendation, so that not one bit is rounded otherwise."""
    taps = np.rint(bands._LOW_PASS * 8192).astype(np.int64)
    padded = np.concatenate([np.zeros(22, np.int64), sound.astype(np.int64)])
    low, high = [], []
    for start in range(0, len(sound), 2):
        window = padded[start : start + 24]
        odd, even = int(np.sum(window[1::2] * taps[1::2])), int(np.sum(window[::2] * taps[::2]))
        low.append(2 * ((even + odd) >> 14))
        high.append(2 * ((odd - even) >> 14))
    lower, higher = (np.clip(each, -32768, 32767).astype(np.int16) for each in (low, high))
    return lower, higher


@pytest.mark.parametrize("name", sounds())
def test_the_coder_says_what_ffmpegs_says_bit_by_bit(name):
    sound = sounds()[name]
    ours = g722.encode_bands(g722.new_state(), *exact_bands(sound))
    assert ours == encode_g722(sound)[: len(ours)]


@pytest.mark.parametrize("name", sounds())
def test_the_decoder_hears_what_ffmpegs_hears_but_for_rounding(name):
    octets = encode_g722(sounds()[name])
    ours, theirs = g722.decode_g722(octets).astype(int), decode_g722(octets).astype(int)
    assert np.max(np.abs(ours - theirs[: len(ours)])) <= 2


def test_any_octets_can_be_decoded():
    octets = np.random.default_rng(1).integers(0, 256, 2000, np.uint8).tobytes()
    low, high = g722.decode_bands(g722.new_state(), octets)
    assert len(low) == len(high) == 2000


def test_a_state_can_be_begun_anew():
    state = g722.new_state()
    g722.decode_bands(state, bytes(range(256)))
    g722.start(state)
    assert np.array_equal(state, g722.new_state())
