"""A thousand keys in the sound of a line that loses five frames in a hundred (robustness row M12)."""

import random

import numpy as np
import pytest

from media.codecs.g711 import decode_alaw, encode_alaw
from media.dtmf_detector import DtmfDetector
from media.tone import DTMF_KEYS, dtmf, silence
from tests.testkit.sound import noise

FRAME = 160


def line(seed: int) -> tuple[str, list[np.ndarray]]:
    """Return keys, and the frames in which a telephone sends them through A-law and noise."""
    drawn = random.Random(seed)
    keys = "".join(drawn.choice(DTMF_KEYS) for _ in range(1000))
    parts = []
    for key in keys:
        parts.append(dtmf(key, drawn.uniform(0.08, 0.12), level_dbfs=drawn.uniform(-28.0, -6.0)))
        parts.append(silence(drawn.uniform(0.06, 0.12)))
    sound = np.concatenate(parts)
    heard = decode_alaw(encode_alaw(sound + noise(len(sound) / 8000, -55.0, seed=seed)))
    return keys, [heard[at : at + FRAME] for at in range(0, len(heard), FRAME)]


@pytest.mark.parametrize("concealed", [False, True], ids=["left out", "concealed by repetition"])
def test_no_key_is_missed_and_none_is_doubled(concealed):
    keys, frames = line(seed=11)
    drawn = random.Random(12)
    detector, before, found = DtmfDetector(), frames[0], ""
    for frame in frames:
        if drawn.random() >= 0.05:
            found += detector.receive(frame)
            before = frame
        elif concealed:
            found += detector.receive(before)
        else:
            found += detector.skip(FRAME)
    assert found == keys
