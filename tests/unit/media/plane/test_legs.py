"""The leg table: how it lies in memory, and that a row is as new when it is claimed."""

import numpy as np

from media.plane import layout as c
from media.plane.legs import CACHE_LINE, COUNT_AT, HOT_OCTETS, LANE, LEG, allocate, clear_row


def test_records_and_their_arrays_begin_on_cache_lines():
    for layout in (LEG, LANE):
        assert layout.itemsize % CACHE_LINE == 0
        for name, (form, offset, *_) in (layout.fields or {}).items():
            assert offset % (CACHE_LINE if form.shape else 8) == 0, name


def test_the_tables_of_a_thread_begin_on_a_huge_page():
    table = allocate(3)
    assert table.lanes.ctypes.data % (2 << 20) == 0
    assert table.legs.ctypes.data % CACHE_LINE == 0


def test_what_every_tick_touches_lies_at_the_beginning():
    assert COUNT_AT < HOT_OCTETS < 1024
    table = allocate(1)
    for name in ("latch", "play", "sequence", "prompt_position"):
        assert 0 <= table.legs[name].ctypes.data - table.legs.ctypes.data < COUNT_AT


def test_a_claimed_row_remembers_nothing():
    table = allocate(2)
    untouched = allocate(1).legs[0]
    clear_row(untouched)
    used = table.legs[1]
    table.legs.view(np.uint8)[:] = 0x5A
    clear_row(used)
    for name in LEG.names or ():
        assert np.array_equal(used[name], untouched[name]), name
    assert not used.jitter.any()
    assert used.frame_out == c.FRAME
