"""Keys as tones, found by the compiled detector as by the plain one."""

import numpy as np
import pytest

from media.dtmf_detector import DtmfDetector
from media.plane import layout as c
from media.plane.kernels.inband import hear_tones
from media.tone import DTMF_KEYS, dtmf, silence
from tests.testkit.speech_like import speech_like
from tests.testkit.virtual_leg import VirtualLeg


def found(sound, holes=()):
    """Return the keys that the compiled detector finds; ``holes`` are frames that never came."""
    leg = VirtualLeg(inband=1)
    for index, start in enumerate(range(0, len(sound) - c.FRAME + 1, c.FRAME)):
        leg.leg.heard[:] = sound[start : start + c.FRAME]
        leg.leg.holes = c.FRAME if index in holes else 0
        hear_tones(leg.lane, leg.leg)
    return "".join(DTMF_KEYS[value - c.INBAND_KEY] for kind, value in leg.events() if kind == c.DIGIT)


def found_plainly(sound, holes=()):
    detector, keys = DtmfDetector(), ""
    for index, start in enumerate(range(0, len(sound) - c.FRAME + 1, c.FRAME)):
        frame = sound[start : start + c.FRAME]
        keys += detector.skip(c.FRAME) if index in holes else detector.receive(frame)
    return keys


def dialled(keys, press=0.06, gap=0.06):
    return np.concatenate([part for key in keys for part in (dtmf(key, press), silence(gap))])


def test_every_key_is_found_once():
    assert found(dialled(DTMF_KEYS)) == DTMF_KEYS


def test_a_lost_frame_does_not_split_a_press():
    sound = dialled("5", press=0.2)
    assert found(sound, holes={4}) == found_plainly(sound, holes={4}) == "5"


@pytest.mark.parametrize("seed", range(6))
def test_the_compiled_detector_finds_what_the_plain_one_finds(seed):
    random = np.random.default_rng(seed)
    keys = "".join(random.choice(list(DTMF_KEYS), 12))
    sound = dialled(keys, press=random.uniform(0.03, 0.12), gap=random.uniform(0.03, 0.1))
    noisy = np.clip(sound + random.normal(0, 300 * seed, len(sound)), -32000, 32000).astype(np.int16)
    assert found(noisy) == found_plainly(noisy)


def test_a_voice_presses_no_key():
    assert found(speech_like(10.0)) == ""
