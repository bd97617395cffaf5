"""Keys as tones in the sound, for peers that send no named events: :mod:`media.dtmf_detector` compiled."""

from __future__ import annotations

import numpy as np

from media import dtmf_detector
from media.plane import layout as c
from media.plane.compiled import hot, kernel
from media.plane.kernels.rings import tell
from media.plane.legs import Lane, LegRow

_block_energies = kernel(dtmf_detector.block_energies)
_key_in_block = kernel(dtmf_detector.key_in_block)
_debounce = kernel(dtmf_detector.debounce)

FILL, SAMPLES = dtmf_detector.FILL, dtmf_detector.SAMPLES
BLOCK, HOP = dtmf_detector.BLOCK, dtmf_detector.HOP
MAX_SKIPPED_FRAMES = dtmf_detector.MAX_SKIPPED_FRAMES


@hot
def _end_block(lane: Lane, leg: LegRow) -> None:
    """Analyse the full block and keep what the next one shares with it."""
    state = leg.tones
    total = _block_energies(state[SAMPLES:], lane.tone_table, lane.energies)
    key = _debounce(state, _key_in_block(lane.energies, total))
    for k in range(SAMPLES, SAMPLES + BLOCK - HOP):
        state[k] = state[k + HOP]
    state[FILL] = BLOCK - HOP
    if key >= 0:
        leg.count[c.DIGITS_HEARD] += 1
        tell(lane, leg, c.DIGIT, c.INBAND_KEY + key)


@kernel
def hear_tones(lane: Lane, leg: LegRow) -> None:
    """Look for keys in the frame that the row has just heard; a few missing frames are left out."""
    state, heard = leg.tones, leg.heard
    leg.holes_in_a_row = leg.holes_in_a_row + 1 if leg.holes == c.FRAME else np.int64(0)
    if 0 < leg.holes_in_a_row <= MAX_SKIPPED_FRAMES:
        return
    for j in range(c.FRAME):
        fill = np.int64(state[FILL])
        state[SAMPLES + fill] = np.float64(heard[j])
        state[FILL] = fill + 1
        if fill + 1 == BLOCK:
            _end_block(lane, leg)
