"""Which packets are asked when they came: all, until a stream is calm; then every fourth one."""

import numpy as np
import pytest

from media.plane import layout as c
from media.plane.kernels.lag import MARGIN
from media.plane.kernels.stamps import (
    FIRST_PACKETS,
    UNASKED,
    expected_ns,
    follow_calm,
    forget_calm,
    is_asked,
)
from tests.testkit.virtual_leg import VirtualLeg, silent_packet


class Listener(VirtualLeg):
    """A leg whose packets are taken in as the tick takes them."""

    def take(self, sequence: int, arrival: int | None = None, timestamp: int | None = None) -> bool:
        """Take in a packet that came at ``arrival`` or as a clock would bring it; say if it was asked."""
        came = 160 * sequence + 100 if arrival is None else arrival
        self.lane.now_samples = max(int(self.lane.now_samples), came + c.FRAME)
        self.lane.now_ns = self.lane.now_samples * c.SAMPLE_NS
        asked, highest = bool(is_asked(self.leg)), int(self.leg.highest)
        told = came if asked else int(expected_ns(self.lane, self.leg)) // c.SAMPLE_NS
        self.deliver(silent_packet(sequence, timestamp), told)
        follow_calm(self.leg, highest)
        return asked


def calm_listener() -> tuple[Listener, int]:
    """Return a leg that was just asked for a stamp, and the number of the next packet."""
    leg = Listener()
    sequence = 0
    while not leg.leg.unasked:
        leg.take(sequence)
        sequence += 1
    return leg, sequence


def test_the_first_second_is_asked_for_whole_and_then_every_fourth_packet():
    leg = Listener()
    asked = [leg.take(sequence) for sequence in range(FIRST_PACKETS + 12)]
    assert all(asked[: FIRST_PACKETS + 1])
    assert asked[FIRST_PACKETS + 1 :] == ([False] * UNASKED + [True]) * 2 + [False] * 3


def test_a_packet_that_is_not_asked_is_taken_to_have_come_when_it_was_due():
    leg, sequence = calm_listener()
    for _ in range(UNASKED):
        before = int(leg.leg.last_heard_ns)
        leg.take(sequence)
        assert leg.leg.last_heard_ns == before + c.TICK_NS
        sequence += 1


def test_it_is_never_taken_to_come_later_than_now():
    leg, _ = calm_listener()
    leg.lane.now_ns = int(leg.leg.last_heard_ns) + 1
    assert expected_ns(leg.lane, leg.leg) == leg.lane.now_ns


def test_what_is_not_asked_tells_nothing_of_jitter_and_need():
    leg, sequence = calm_listener()
    jitter, needs = int(leg.leg.scaled_jitter), leg.leg.needs.copy()
    for _ in range(UNASKED):
        assert not leg.take(sequence, arrival=160 * sequence + 900)
        sequence += 1
    assert leg.leg.scaled_jitter == jitter
    assert np.array_equal(leg.leg.needs, needs)


@pytest.mark.parametrize("next_one", [2, -1, 0], ids=["after a loss", "out of order", "twice"])
def test_out_of_order_packets_make_the_next_one_asked(next_one):
    leg, sequence = calm_listener()
    leg.take(sequence)
    assert not is_asked(leg.leg)
    leg.take(sequence + next_one)
    assert is_asked(leg.leg)


def test_a_jittery_stream_is_asked_for_every_packet_and_measured_as_rfc_3550_says():
    leg = Listener()
    late = [0, 60, 10, 70, 30, 90]
    expected, transit = 0, None
    for sequence in range(200):
        arrival = 160 * sequence + 100 + late[sequence % len(late)]
        assert leg.take(sequence, arrival) or expected >> 4 < MARGIN
        came = arrival - 160 * sequence
        if transit is not None:
            expected += abs(came - transit) - ((expected + 8) >> 4)
        transit = came
    assert leg.leg.scaled_jitter == expected
    assert expected >> 4 >= MARGIN


def test_jitter_that_begins_later_is_found_by_the_packets_that_are_asked():
    leg, sequence = calm_listener()
    asked = []
    for number in range(sequence, sequence + 100):
        asked.append(leg.take(number, 160 * number + 100 + 120 * (number // 4 % 2)))
    assert all(asked[-20:])


def test_a_packet_of_another_length_is_learned_though_it_is_not_asked():
    leg, sequence = calm_listener()
    assert not is_asked(leg.leg)
    leg.deliver(silent_packet(sequence, 160 * sequence, octets=240), 160 * sequence + 100)
    assert leg.leg.packet_samples == 240


def test_nothing_there_makes_the_next_packet_asked():
    leg, _ = calm_listener()
    forget_calm(leg.leg)
    assert is_asked(leg.leg)
