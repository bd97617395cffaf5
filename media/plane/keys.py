"""Strings of keys to send: as codes for the tick, or as tones for peers that take no named events."""

from __future__ import annotations

import numpy as np

from media.errors import MediaMisuse
from media.plane import layout as c
from media.plane.legs import Octets
from media.rtp.telephone_event import DIGITS, PAUSES_MS
from media.sound import Samples
from media.tone import dtmf, silence

PRESS_SECONDS, GAP_SECONDS = 0.1, 0.08
TICK_MS = c.TICK_NS // 1_000_000


def press_codes(digits: str) -> Octets:
    """Return a code per key: its RFC 4733 event, or how many ticks it pauses."""
    return np.array([_code(key, digits) for key in digits], np.uint8)


def _code(key: str, digits: str) -> int:
    if key in PAUSES_MS:
        return c.PAUSE + PAUSES_MS[key] // TICK_MS
    if key.upper() not in DIGITS:
        raise MediaMisuse(f"{key!r} in {digits!r} is no key: use 0-9, *, #, A-D and w for a pause")
    return DIGITS.index(key.upper())


def tones(digits: str) -> Samples:
    """Return the sound of pressing ``digits``."""
    parts = [np.zeros(0, np.int16)]
    for key in digits:
        pause = PAUSES_MS.get(key)
        if pause is not None:
            parts.append(silence(pause / 1000))
        else:
            parts += [dtmf(key, PRESS_SECONDS), silence(GAP_SECONDS)]
    return np.concatenate(parts)
