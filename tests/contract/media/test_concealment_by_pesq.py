"""What is invented for lost packets, as PESQ hears it (ITU-T P.862, PyPI `pesq`).

`make setup-dev` builds it beside the other packages where there is a C compiler.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from media.sound import Samples
from tests.testkit.impaired_leg import CLOCK_STARTS, RATE, ImpairedLeg, Listening
from tests.testkit.impairment import ImpairedPath, Impairments
from tests.testkit.spoken import spoken

HERE = Path(sys.prefix) / "pesq"
if not HERE.exists():
    pytest.skip("pesq is not installed", allow_module_level=True)

LOSS = 0.05
DELAY = 0.1
"""Seconds that the network takes."""
BETTER = 0.3
"""Points of MOS by which the invented sound is better than silence."""
PACKET = 160
TEXT = (
    "Good morning, and thank you for calling. Please tell me the number of your order, "
    "and I will see what can be done about it today."
)


def mos(reference: Samples, heard: Samples) -> float:
    """Return the score of `heard`, from 1 to 4.5."""
    if str(HERE) not in sys.path:
        sys.path.append(str(HERE))
    pesq: Any = importlib.import_module("pesq")
    return float(pesq.pesq(RATE, reference, heard, "nb"))


def listened(speech: Samples, path: ImpairedPath) -> Listening:
    """Return what a leg hears of all the speech."""
    return ImpairedLeg(speech).listen(path, len(speech) / RATE)


def lost_packets(sent: int, seed: int) -> list[int]:
    """Return the numbers of the packets that the path of this seed loses."""
    path = ImpairedPath(Impairments(delay=DELAY, loss=LOSS), seed)
    return [number for number in range(sent) if not path.arrivals(0.0)]


def packets_of(listening: Listening) -> NDArray[np.int64]:
    """Return which of the talker's packets each sample was in."""
    clock = np.arange(1, len(listening.delay) + 1) * PACKET
    played = np.rint(clock - (listening.delay + CLOCK_STARTS) * RATE).astype(np.int64)
    return (played[:, None] + np.arange(PACKET)).reshape(-1) // PACKET


@pytest.mark.parametrize("voice", ["man", "woman"])
async def test_what_is_invented_for_5_percent_of_losses_is_better_than_silence_by_03_mos(voice):
    speech = await spoken(TEXT, voice)
    speech = speech[: len(speech) // PACKET * PACKET]
    clean = listened(speech, ImpairedPath(Impairments(delay=DELAY)))
    invented, silent = [], []
    # A loss in a pause is heard by nobody: it is the mean over many that counts.
    for seed in range(20):
        lossy = listened(speech, ImpairedPath(Impairments(delay=DELAY, loss=LOSS), seed))
        missing = np.isin(packets_of(clean), lost_packets(len(speech) // PACKET, seed))
        assert np.mean(clean.heard[~missing] == lossy.heard[~missing]) > 0.97, "the rest is heard as it was"
        invented.append(mos(clean.heard, lossy.heard))
        silent.append(mos(clean.heard, np.where(missing, 0, clean.heard)))
    assert np.mean(invented) > np.mean(silent) + BETTER, (invented, silent)
