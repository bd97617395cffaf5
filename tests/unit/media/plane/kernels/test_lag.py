"""Which lag the packets of the last seconds would have needed, compared with a plain search."""

from hypothesis import given
from hypothesis import strategies as st

from media.plane import layout as c
from media.plane.kernels.lag import LONGEST_DELAY, MARGIN, SHORTEST_DELAY, forget_needs, note_need
from tests.testkit.virtual_leg import VirtualLeg

# Arrivals in steps of up to a second, each with the delay of its packet; all in samples.
stream = st.lists(st.tuples(st.integers(0, 8000), st.integers(0, 2000)), min_size=1, max_size=40)


@given(stream)
def test_the_second_largest_need_of_the_last_blocks_is_followed(steps):
    leg = VirtualLeg().leg
    forget_needs(leg)
    seen: list[tuple[int, int]] = []
    arrival = 0
    for step, delay in steps:
        arrival += step
        # Aligned with the frame that is heard, so that nothing is needed early.
        timestamp = (arrival - delay) & 0xFFFFFFFF
        leg.play = timestamp
        note_need(leg, timestamp, c.FRAME, arrival)
        seen.append((arrival // c.BLOCK_SAMPLES, delay))
        recent = sorted(need for block, need in seen if block > seen[-1][0] - c.BLOCKS)
        wanted = (recent[-2] if len(recent) > 1 else recent[-1]) + MARGIN
        assert leg.desired == min(max(wanted, recent[0] + SHORTEST_DELAY), recent[0] + LONGEST_DELAY)


def test_packets_that_begin_inside_a_frame_are_needed_earlier():
    needs = []
    for samples in (80, 160, 240, 100):
        leg = VirtualLeg(play=0).leg
        forget_needs(leg)
        note_need(leg, 40, samples, 40)
        needs.append(int(leg.needs[0]))
    assert needs == [120, 40, 120, 140]
