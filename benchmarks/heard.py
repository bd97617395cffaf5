"""What the load's legs say, and whether they hear what they should: a benchmark of silence proves nothing.

The members of a room say different tones of whole periods in 20 ms. Each must hear the others at the level
at which they speak, itself and strangers not at all, without a packet missing and without clipping.
"""

import numpy as np

from benchmarks.packet_loops import KEPT
from media.codecs import g711
from media.tone import tone

TONES = tuple(range(350, 3350, 50))
PROMPT_HZ, PROMPT_AMPLITUDE = 300, 8000
SECONDS = 1.0
FRAMES = 50
TOLERANCE_DB = 1.0
ABSENT_DB = -20.0
"""Of what a speaker says, at most so much where it must not be heard: G.711 adds noise of its own."""


def amplitude(room):
    """Return how loud each member speaks, so that all together do not clip; alone, as a telephone does."""
    return 8000 if room <= 2 else 24000 / min(room, len(TONES))


def voice(leg, room):
    """Return the frame that a leg repeats; members beyond the number of tones say silence."""
    member = leg % room
    if member >= len(TONES):
        return np.zeros(160, np.int16)
    at = 2 * np.pi * TONES[member] / 8000 * np.arange(160)
    # Different phases, or all crests fall together.
    return np.rint(amplitude(room) * np.sin(at + member * member)).astype(np.int16)


def prompt():
    return tone((float(PROMPT_HZ),), 3.0, level_dbfs=float(20 * np.log10(PROMPT_AMPLITUDE / 32768)))


def faults(heard, numbers, room):
    """Return a sentence for every leg that did not hear what it should in the last second."""
    found = [_fault(heard[leg], numbers[leg], leg, room) for leg in range(len(heard))]
    return [f"leg {leg} {fault}" for leg, fault in enumerate(found) if fault]


def _fault(heard, numbers, leg, room):
    # Sequence numbers have 16 bits: the last one is the furthest ahead of any.
    ahead = (numbers - numbers[0] + 0x8000) % 0x10000 - 0x8000
    wanted = (numbers[0] + ahead.max() - FRAMES + np.arange(FRAMES)) & 0xFFFF
    places = wanted & (KEPT - 1)
    missing = FRAMES - np.count_nonzero(numbers[places] == wanted)
    if missing:
        return f"misses {missing} of {FRAMES} packets"
    sound = g711.decode_mulaw(heard[places].tobytes())
    if np.max(np.abs(sound.astype(np.int32))) > 32000:
        return "hears clipping"
    levels = 2 * np.abs(np.fft.rfft(sound)) / len(sound)
    for index, frequency in enumerate((PROMPT_HZ, *TONES)):
        fault = _judge(levels[round(frequency * SECONDS)], index - 1, leg, room)
        if fault:
            return f"hears {frequency} Hz {fault}"
    return None


def record_fault(sound, leg, room):
    """Say what is wrong with the last second of a recording of what a leg says; None when nothing is."""
    rate = round(FRAMES * 160 / SECONDS)
    if len(sound) < rate:
        return f"leg {leg} has a record of {len(sound)} samples only"
    last = sound[-rate:].astype(np.int32)
    levels = 2 * np.abs(np.fft.rfft(last)) / rate
    own = 20 * np.log10(max(levels[round(TONES[leg % room] * SECONDS)], 1e-3) / amplitude(room))
    if abs(own) > TOLERANCE_DB:
        return f"leg {leg} is {own:.1f} dB off its level in its record"
    others = max(levels[round(TONES[member] * SECONDS)] for member in range(room) if member != leg % room)
    if others > amplitude(room) * 10 ** (ABSENT_DB / 20):
        return f"leg {leg} is not alone in its record"
    # Every frame has whole periods of its tone.
    powers = np.sum(last.reshape(FRAMES, -1) ** 2, axis=1)
    if powers.min() < powers.max() / 2:
        return f"leg {leg} has a gap in its record"
    return None


def _judge(level, member, leg, room):
    """Say what is wrong with the level of a member's tone, or, for -1, of the prompt's."""
    said = PROMPT_AMPLITUDE if member < 0 else amplitude(room)
    decibels = 20 * np.log10(max(level, 1e-3) / said)
    is_wanted = room == 1 if member < 0 else member < room and member != leg % room
    if is_wanted and abs(decibels) > TOLERANCE_DB:
        return f"{decibels:.1f} dB off its level"
    if not is_wanted and decibels > ABSENT_DB:
        return f"at {decibels:.1f} dB, which it should not"
    return None
