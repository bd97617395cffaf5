"""In-band digits: the two tones of a key found in 8 kHz sound (ITU-T Q.23, Q.24).

The work is three steps on arrays, free of calls, so that the plane can compile each of them
as it stands and Python can run them too:

1. :func:`block_energies`: the energy of each of the eight tones over ``BLOCK`` samples;
2. :func:`key_in_block`: which key, if any, those energies are;
3. :func:`debounce`: when a run of such blocks is one press.

A kernel walks the samples of a frame, collects them in the state and runs the steps whenever a
block is full; :class:`DtmfDetector` is the same walk in numpy, and the twin for its tests.

State: ``float64[STATE_SIZE]``, see :func:`new_state`. ``FILL`` counts the samples waiting in
``[SAMPLES:]``; after each block the first ``HOP`` of them are dropped. ``KEY`` is the key that is
down or -1, ``MISSES`` the blocks in a row without it; ``CANDIDATE`` is the key that may go down
next or -1, ``HITS`` its blocks and ``GAP`` the blocks in a row without it.

Frames that never arrived are best not shown at all, up to a few in a row: what was heard then
decides, and a hole never splits a press. See :meth:`DtmfDetector.skip`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from media.sound import Samples
from media.tone import DTMF_COLUMNS, DTMF_KEYS, DTMF_ROWS

RATE = 8000
BLOCK = 102
"""12.75 ms: the tones of one group are then 0.9 to 2 bins apart, and 1.5 % off still counts."""
HOP = 40
"""5 ms: blocks overlap, so that a press of 40 ms holds at least four whole ones."""

_TURNS = 2.0 * np.pi * np.outer(np.arange(BLOCK), DTMF_ROWS + DTMF_COLUMNS) / RATE
TABLE: NDArray[np.float64] = np.hstack((np.cos(_TURNS), np.sin(_TURNS)))
"""float64[BLOCK, 16]: cosines, then sines, of the four rows and the four columns."""

FILL, KEY, MISSES, CANDIDATE, HITS, GAP = range(6)
SAMPLES = 6
STATE_SIZE = SAMPLES + BLOCK

HITS_TO_PRESS = 3
"""3 blocks span 22.75 ms: 40 ms always pass, 18 ms seldom (Q.24), and a press of 60 ms may lose a frame."""

MISSES_TO_RELEASE = 5
"""A break of 10 ms is healed and a pause of 40 ms, or of one frame, is not (Q.24)."""

GAP_TO_FORGET = 4
"""A candidate outlives the seam of a lost frame, which spoils up to three blocks."""

QUIETEST_TONE = (BLOCK / 2.0 * 32768.0) ** 2 * 10.0 ** (-40.0 / 10.0)
"""Energy of a tone that peaks at -40 dBFS: -25 dBm of both, 10 dB of twist and some margin."""

FORWARD_TWIST = 10.0 ** (6.0 / 10.0)
"""The column may be 6 dB above the row (Q.24: at least 4) ..."""
REVERSE_TWIST = 10.0 ** (10.0 / 10.0)
"""... and the row 10 dB above the column (Q.24: 8 to 10), as long lines make it."""

ABOVE_OTHERS = 10.0 ** (8.0 / 10.0)
"""Each tone stands this far above the others of its group."""

PURITY = 0.8
"""The part of all energy that lies in the two tones. Tones 1.5 % off still have 0.81 of it."""

MAX_SKIPPED_FRAMES = 3


def new_state() -> NDArray[np.float64]:
    """Return the state of a detector that has heard nothing."""
    state = np.zeros(STATE_SIZE)
    state[KEY] = state[CANDIDATE] = -1.0
    return state


def block_energies(
    block: NDArray[np.float64], table: NDArray[np.float64], energies: NDArray[np.float64]
) -> float:
    """Write the energy of each tone to ``energies[:8]`` and return the energy of everything.

    ``energies`` has 16 elements; the last eight are for the work. A sine of amplitude *a* on a
    tone gives ``(a * BLOCK / 2) ** 2``, and the returned total is scaled so that two such sines
    are all of it. A block too quiet for any key is not analysed and gives zeros.
    """
    total = 0.0
    for sample in block:
        total += sample * sample
    total *= len(block) / 2.0
    for column in range(16):
        energies[column] = 0.0
    if total < QUIETEST_TONE:
        return total
    for row in range(len(block)):
        for column in range(16):
            energies[column] += block[row] * table[row, column]
    for tone in range(8):
        energies[tone] = energies[tone] * energies[tone] + energies[8 + tone] * energies[8 + tone]
    return total


def key_in_block(energies: NDArray[np.float64], total: float) -> int:
    """Return the position in ``DTMF_KEYS`` of the key that the energies are, or -1.

    Both tones must be loud enough, within twist, well above the rest of their groups, and
    nearly all there is to hear: the last is what keeps voices from pressing keys.
    """
    row = 0
    column = 0
    for other in range(1, 4):
        if energies[other] > energies[row]:
            row = other
        if energies[4 + other] > energies[4 + column]:
            column = other
    row_energy = energies[row]
    column_energy = energies[4 + column]
    if min(row_energy, column_energy) < QUIETEST_TONE or row_energy + column_energy < PURITY * total:
        return -1
    if column_energy > row_energy * FORWARD_TWIST or row_energy > column_energy * REVERSE_TWIST:
        return -1
    for other in range(4):
        if other != row and energies[other] * ABOVE_OTHERS > row_energy:
            return -1
        if other != column and energies[4 + other] * ABOVE_OTHERS > column_energy:
            return -1
    return 4 * row + column


def debounce(state: NDArray[np.float64], heard: int) -> int:
    """Take the key of one block, -1 for none; return the key whose press it completes, or -1."""
    state[MISSES] = 0.0 if heard == state[KEY] else state[MISSES] + 1.0
    if state[MISSES] >= MISSES_TO_RELEASE:
        state[KEY] = -1.0
    state[GAP] = 0.0 if heard == state[CANDIDATE] else state[GAP] + 1.0
    if state[GAP] >= GAP_TO_FORGET:
        state[CANDIDATE] = -1.0
    if heard < 0 or heard == state[KEY]:
        return -1
    if heard != state[CANDIDATE]:
        state[CANDIDATE] = heard
        state[HITS] = 0.0
        state[GAP] = 0.0
    state[HITS] += 1.0
    if state[HITS] < HITS_TO_PRESS:
        return -1
    state[KEY] = heard
    state[MISSES] = 0.0
    state[CANDIDATE] = -1.0
    return heard


class DtmfDetector:
    """Finds the keys in a stream of 8 kHz sound, each press once."""

    def __init__(self) -> None:
        self._state = new_state()
        self._skipped = 0

    def receive(self, samples: Samples) -> str:
        """Return the keys that ``samples``, of any number, complete: mostly none."""
        self._skipped = 0
        return self._hear(samples)

    def skip(self, samples: int) -> str:
        """Tell of a frame that never arrived.

        Up to ``MAX_SKIPPED_FRAMES`` in a row are left out; beyond that they are silence, since
        a press does not last through a broken line.
        """
        self._skipped += 1
        if self._skipped <= MAX_SKIPPED_FRAMES:
            return ""
        return self._hear(np.zeros(samples, dtype=np.int16))

    def _hear(self, samples: Samples) -> str:
        state = self._state
        waiting: NDArray[np.float64] = np.concatenate((state[SAMPLES : SAMPLES + int(state[FILL])], samples))
        blocks = max(0, (len(waiting) - BLOCK) // HOP + 1)
        heard = (self._key_in(waiting[at * HOP : at * HOP + BLOCK]) for at in range(blocks))
        pressed = [debounce(state, key) for key in heard]
        rest = waiting[blocks * HOP :]
        state[FILL] = len(rest)
        state[SAMPLES : SAMPLES + len(rest)] = rest
        return "".join(DTMF_KEYS[key] for key in pressed if key >= 0)

    @staticmethod
    def _key_in(block: NDArray[np.float64]) -> int:
        total = float(np.dot(block, block)) * len(block) / 2.0
        if total < QUIETEST_TONE:
            return -1
        correlated = np.dot(block, TABLE) ** 2
        return key_in_block(correlated[:8] + correlated[8:], total)
