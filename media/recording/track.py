"""What the writing thread knows of a recording: a record that compiled code takes as a pointer.

Samples are counted per channel, at the recording's rate.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from media.recording.wav import HEADER_OCTETS

TrackRow: TypeAlias = Any
"""A record of :data:`TRACK`: a pointer in compiled code, an ``np.record`` in Python."""

RUNNING, STOPPED, SILENCE, MAX_LENGTH, HANG_UP, FAILED = range(6)
"""Whether and why a recording has ended, in ``ended``."""

NO_LIMIT = 1 << 62

TURNS = 64
"""How often a recording may be paused or taken up again between two rounds."""


def _words(*names: str) -> list[tuple[str, str]]:
    return [(name, "i8") for name in names]


# fmt: off
TRACK = np.dtype([
    # Written by the event loop
    *_words("stop_requested", "fills_pauses", "turns_asked"),
    # Samples of the first ring before each pause and each end of one, by turns
    ("turns", "i8", TURNS),
    # Settled before the first round: the file, its sound rings (the second 0 in mono), what is kept, and what
    # ends it: samples in all, of silence before the first speech, and after the last
    *_words("descriptor", "first_ring", "second_ring", "channels", "trims", "kept_before_speech",
            "most_samples", "most_leading", "most_trailing"),
    # How it went: why it ended, the system's word for what failed, samples heard and samples in the file,
    # samples in the rings that have been heard and wait for speech, the largest magnitude
    *_words("ended", "error", "passed", "samples", "ahead", "peak"),
    # How many turns were followed, and whether the last one began a pause
    *_words("turns_followed", "resting"),
    # Whether speech is heard: samples of a frame, the frame that is not full yet, what was judged of others
    *_words("frame_samples", "filled", "total", "squares", "loud_run", "hang_over", "active"),
    # What was heard of it: whether any, samples before the first, and since the last
    *_words("heard_speech", "leading", "trailing"),
    ("floor", "f8"),                # the noise of the line in dBFS
    ("header", "u1", -(-HEADER_OCTETS // 8) * 8),
])
# fmt: on
