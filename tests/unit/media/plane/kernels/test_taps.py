"""Taps: what is said, what is heard, and both."""

import numpy as np

from media.plane import layout as c
from media.plane.kernels.taps import copy_taps
from media.plane.sound_ring import SoundRing
from tests.testkit.virtual_leg import VirtualLeg


def tapped(direction, heard, spoken):
    leg, ring = VirtualLeg(), SoundRing(1024)
    leg.leg.taps[2] = 1, ring.address, direction
    leg.leg.heard[:], leg.lane.spoken[:] = heard, spoken
    copy_taps(leg.lane, leg.leg)
    return ring.read(1024)


def test_each_direction_has_its_own_sound():
    assert np.array_equal(tapped(c.TAP_IN, 5, 7), np.full(160, 5))
    assert np.array_equal(tapped(c.TAP_OUT, 5, 7), np.full(160, 7))
    assert np.array_equal(tapped(c.TAP_BOTH, 5, 7), np.full(160, 12))


def test_a_sum_that_is_too_loud_is_clipped_and_does_not_wrap():
    assert np.array_equal(tapped(c.TAP_BOTH, 30000, 20000), np.full(160, 32767))
    assert np.array_equal(tapped(c.TAP_BOTH, -30000, -20000), np.full(160, -32768))


def test_turns_that_were_missed_are_silence_in_the_tap():
    leg, ring = VirtualLeg(missed=2), SoundRing(1024)
    leg.leg.taps[0] = 1, ring.address, c.TAP_IN
    leg.leg.heard[:] = 5
    copy_taps(leg.lane, leg.leg)
    assert np.array_equal(ring.read(1024), np.concatenate([np.zeros(320), np.full(160, 5)]))


def test_each_frame_is_told_to_a_reader_who_wants_to_know():
    leg, ring, other = VirtualLeg(), SoundRing(1024), SoundRing(1024)
    leg.leg.taps[0] = 1, other.address, c.TAP_OUT
    leg.leg.taps[2] = 7, ring.address, c.TAP_IN
    copy_taps(leg.lane, leg.leg)
    assert leg.events() == []
    ring.words[c.SOUND_WANT_TOLD] = 1
    copy_taps(leg.lane, leg.leg)
    copy_taps(leg.lane, leg.leg)
    assert leg.events() == [(c.TAPPED, 7), (c.TAPPED, 7)]
