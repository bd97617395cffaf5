"""Rings between the event loop and the tick: nothing is lost, doubled or reordered."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.plane import layout as c
from media.plane.kernels import rings
from media.plane.sound_ring import SoundRing

PLACES = 8


def empty_ring():
    return np.zeros((PLACES, c.EVENT_WORDS), np.int64), np.zeros(c.END_WORDS, np.int64)


@given(st.lists(st.booleans(), max_size=100))
def test_entries_come_out_as_they_went_in(pushes):
    ring, ends = empty_ring()
    waiting: list[int] = []
    number, taken = 0, np.zeros(c.EVENT_WORDS, np.int64)
    for is_push in pushes:
        if is_push:
            number += 1
            pushed = rings.push(ring, ends, np.array([number, -number, 2, 3], np.int64))
            assert pushed == (len(waiting) < PLACES)
            waiting += [number] if pushed else []
        else:
            assert rings.pull(ring, ends, taken) == bool(waiting)
            if waiting:
                first = waiting.pop(0)
                assert taken.tolist() == [first, -first, 2, 3]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 90)), max_size=60))
def test_sound_comes_out_as_it_went_in(steps):
    ring = SoundRing(64)
    written: list[int] = []
    read: list[int] = []
    for is_write, count in steps:
        if is_write:
            taken = ring.write(np.arange(len(written), len(written) + count, dtype=np.int16))
            assert taken == min(count, 64 - (len(written) - len(read)))
            written += range(len(written), len(written) + taken)
        else:
            found = ring.read(count)
            assert len(found) == min(count, len(written) - len(read))
            read += found.tolist()
    assert written[: len(read)] == read


def tapped(ring, frame, missed=0):
    silence = np.zeros(c.FRAME, np.int16)
    rings.copy_to_tap(ring.address, silence.ctypes.data, frame.ctypes.data, len(frame), missed)


def frame(value):
    return np.full(c.FRAME, value, np.int16)


def test_a_tap_has_the_length_of_its_time_when_ticks_were_skipped():
    ring = SoundRing(4096)
    tapped(ring, frame(1))
    tapped(ring, frame(2), missed=3 * c.FRAME)
    sound = ring.read(4096)
    assert np.array_equal(sound, np.concatenate([frame(1), *[frame(0)] * 3, frame(2)]))


@pytest.mark.parametrize("stalled", [7, 20, 100])
def test_a_tap_that_nobody_read_is_silent_for_what_it_dropped(stalled):
    ring, heard = SoundRing(1024), []
    for tick in range(stalled):
        tapped(ring, frame(tick + 1))
    for tick in range(stalled, stalled + 60):
        heard.append(ring.read(1 << 20))
        tapped(ring, frame(tick + 1))
    sound = np.concatenate([*heard, ring.read(1 << 20)])
    ticks = stalled + 60
    assert ring.words[c.SOUND_DROPPED] > 0
    assert len(sound) == ticks * c.FRAME
    times = np.repeat(np.arange(1, ticks + 1), c.FRAME)
    assert set(np.unique(sound[sound != times])) <= {0}
    assert np.array_equal(sound[-20 * c.FRAME :], times[-20 * c.FRAME :])
