"""M13: a room of a hundred whose members come and go; each hears the others and never itself."""

import random

import numpy as np
import pytest

from media.plane import layout as c
from tests.testkit.virtual_room import VirtualRooms

MEMBERS, SECONDS, CHANGES = 100, 4, 20
"""Changes are joins and leaves in a second."""
TICKS = 1000 // 20


@pytest.mark.hostile("M13", sent="a conference of 100, 20 joining or leaving a second, all speaking")
def test_m13_of_a_hundred_who_come_and_go_each_hears_exactly_the_others(record_property):
    chance = random.Random(13)
    rooms = VirtualRooms(MEMBERS)
    inside = set(range(MEMBERS))
    for row in inside:
        rooms.join(row)
    compared = 0
    for tick in range(SECONDS * TICKS):
        if tick * CHANGES // TICKS != (tick - 1) * CHANGES // TICKS:
            row = chance.randrange(MEMBERS)
            rooms.about(c.LEAVE, row) if row in inside else rooms.join(row)
            inside ^= {row}
        # Powers of no common sum: whoever is missing or too much in a mix shows.
        frames = {row: np.full(c.FRAME, 3 + 5 * row, np.int16) for row in inside}
        total = sum(3 + 5 * row for row in inside)
        told = rooms.tick(frames)
        assert set(told) == inside
        for row, sound in told.items():
            assert np.abs(sound.astype(int) - (total - 3 - 5 * row)).max() <= 1, (tick, row)
            compared += 1
    record_property("held", f"{compared:,} frames: each the sum of the others, own voice in none")
