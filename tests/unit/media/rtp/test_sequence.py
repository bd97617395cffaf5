import pytest

from media.rtp.sequence import sequence_delta, timestamp_delta


@pytest.mark.parametrize(
    ("newer", "older", "delta"), [(1, 0, 1), (0, 65535, 1), (65535, 0, -1), (0x8000, 0, -0x8000)]
)
def test_sequence_numbers_wrap(newer, older, delta):
    assert sequence_delta(newer, older) == delta


@pytest.mark.parametrize(("newer", "older", "delta"), [(160, 0, 160), (80, 0xFFFFFFB0, 160), (0, 160, -160)])
def test_timestamps_wrap(newer, older, delta):
    assert timestamp_delta(newer, older) == delta
