"""The jitter buffer in virtual time: packets of any length, jitter, drift, jumps, what is heard."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs import g711
from media.plane import layout as c
from tests.testkit.speech_like import speech_like
from tests.testkit.virtual_leg import VirtualLeg, paced, packets, silent_packet

SECOND = 50
"""Ticks."""
VOICE = speech_like(12.0)


def noise(seconds=2.0):
    """Sound that never repeats, so that its place can be found; never a run of zeros."""
    steps = np.random.default_rng(7).integers(-300, 300, round(8000 * seconds))
    return (np.cumsum(steps) % 20000 - 10000).astype(np.int16)


def coded(sound):
    return g711.decode_mulaw(g711.encode_mulaw(sound))


def delay_of(heard, said, limit=2400):
    """Return how many samples after ``said`` a piece of it, a while after the start, was heard."""
    piece = coded(said)[3200:4000]
    return next(at for at in range(limit) if np.array_equal(heard[3200 + at : 4000 + at], piece))


def random(seed=3):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("samples", [80, 160, 240, 320, 480, 100, 37])
@pytest.mark.parametrize("first", [100, 161, 319])
def test_packets_of_any_length_are_heard_bit_by_bit_within_30_ms(samples, first):
    said = noise()
    # Both numbers wrap while the stream lasts.
    made = packets(said, samples=samples, timestamp=0xFFFFF000, sequence=65500)
    heard = VirtualLeg().listen(paced(made, samples, first), 2 * SECOND + 10)
    delay = delay_of(heard, said)
    assert delay - first <= 240
    # The first 5 ms are faded in.
    assert np.array_equal(heard[delay + 40 : delay + len(said)], coded(said)[40:])


def test_alaw_is_heard_as_alaw():
    said = noise(0.5)
    heard = VirtualLeg(heard_voice_type=8).listen(paced(packets(said, payload_type=8)), 40)
    expected = g711.decode_alaw(g711.encode_alaw(said))[800:1600]
    assert any(np.array_equal(heard[at : at + 800], expected) for at in range(1700))


def impaired(delays, sound=VOICE, keep=None):
    """Return arrivals of ``sound`` in 20 ms packets, each late by its delay in samples."""
    made = paced(packets(sound))
    return [
        (arrival + int(delay), packet)
        for index, ((arrival, packet), delay) in enumerate(zip(made, delays, strict=False))
        if keep is None or keep[index]
    ]


@pytest.mark.parametrize("spread_ms", [20, 40, 80])
def test_jitter_is_absorbed_after_the_first_seconds(spread_ms):
    leg = VirtualLeg()
    arrivals = impaired(random().uniform(0, 16 * spread_ms, 600))
    leg.listen([each for each in arrivals if each[0] < 4 * 8000], 4 * SECOND)
    before = leg.count(c.LATE)
    leg.listen([each for each in arrivals if each[0] >= 4 * 8000], 8 * SECOND)
    assert leg.count(c.LATE) - before <= 8


def test_the_delay_returns_below_60_ms_within_10_s_after_jitter_ends():
    leg = VirtualLeg()
    delays = np.concatenate([random().uniform(0, 1280, 150), np.zeros(450)])
    leg.listen(impaired(delays), 12 * SECOND)
    lag = (leg.lane.now_samples - leg.leg.play - leg.leg.transit_base) & 0xFFFFFFFF
    fastest = leg.leg.needs[2::3].min()
    assert lag - fastest <= 480
    assert leg.count(c.REMOVED) > 0


@pytest.mark.parametrize("loss", [0.01, 0.05, 0.2])
def test_as_many_frames_are_concealed_as_were_lost(loss):
    keep = random().random(600) > loss
    keep[0] = keep[-3:] = True
    leg = VirtualLeg()
    leg.listen(impaired(np.zeros(600), keep=keep), 12 * SECOND)
    assert leg.count(c.CONCEALED) == 600 - keep.sum()


def test_what_comes_in_the_wrong_order_is_heard_in_the_right_one():
    said, order = noise(), random()
    made = paced(packets(said))
    # Half of them 25 ms late: behind the packet after them.
    arrivals = [(arrival + 200 * int(order.random() < 0.5), packet) for arrival, packet in made]
    leg = VirtualLeg()
    heard = leg.listen(arrivals, 2 * SECOND + 10)
    assert leg.count(c.REORDERED) > 10
    piece = coded(said)[8000:15000]
    assert any(np.array_equal(heard[at : at + 7000], piece) for at in range(8000, 9500))


@pytest.mark.parametrize("parts_per_million", [200, -200, 1000, -1000])
def test_a_sender_with_another_clock_is_followed(parts_per_million):
    seconds, sound = 60, np.tile(VOICE, 5)
    pace = 160 * (1 - parts_per_million * 1e-6)
    arrivals = [(100 + int(index * pace), packet) for index, packet in enumerate(packets(sound))]
    leg = VirtualLeg()
    leg.listen(arrivals, seconds * SECOND - 5)
    drift = abs(parts_per_million) * 1e-6 * seconds * 8000
    assert leg.count(c.INSERTED) + leg.count(c.REMOVED) <= drift + 320
    assert leg.count(c.CONCEALED) <= 1
    assert 0 <= (leg.leg.high - leg.leg.play) & 0xFFFFFFFF <= 640


def test_a_path_that_becomes_longer_costs_a_few_frames_once():
    delays = np.concatenate([np.zeros(250), np.full(350, 800)])
    leg = VirtualLeg()
    leg.listen(impaired(delays), 12 * SECOND)
    assert leg.count(c.CONCEALED) <= 10


def test_a_clock_that_jumps_is_followed_with_the_second_packet():
    said = noise(1.0)
    made = packets(said[:4000]) + packets(said[4000:], sequence=25, timestamp=0x40000000)
    leg = VirtualLeg()
    heard = leg.listen(paced(made), 60)
    assert leg.count(c.REFUSED) == 1
    piece = coded(said)[5000:7000]
    assert any(np.array_equal(heard[at : at + 2000], piece) for at in range(len(heard) - 2000))


def test_one_packet_with_a_mad_timestamp_disturbs_nothing():
    said = noise(1.0)
    made = packets(said)
    made[20] = silent_packet(20, timestamp=0x40000000)
    leg = VirtualLeg()
    leg.listen(paced(made), 50)
    assert (leg.count(c.REFUSED), leg.count(c.CONCEALED)) == (1, 1)


def test_a_talk_spurt_after_a_clock_that_stood_still_is_heard_from_its_first_packet():
    said = noise(0.5)
    first, second = packets(said), packets(said, sequence=25, timestamp=4000, marker=True)
    leg = VirtualLeg()
    heard = leg.listen(paced(first) + paced(second, first=32100), 5 * SECOND)
    piece = coded(said)[100:3000]
    found = [at for at in range(32000, 33000) if np.array_equal(heard[at : at + 2900], piece)]
    assert found
    assert found[0] - 32200 <= 320


def test_a_sender_whose_clock_stood_still_is_not_silent_for_ever_without_a_marker():
    said = noise(1.0)
    first, second = packets(said), packets(said, sequence=50, timestamp=8000)
    heard = VirtualLeg().listen(paced(first) + paced(second, first=48100), 8 * SECOND)
    assert np.abs(heard[50000:52000]).max() > 1000


def test_a_peer_that_stops_sending_fades_out_and_costs_no_more_than_60_ms_of_invention():
    leg = VirtualLeg()
    heard = leg.listen(paced(packets(noise(0.5))), 2 * SECOND)
    assert leg.count(c.CONCEALED) <= 3
    assert not heard[6000:].any()


def test_comfort_noise_says_silence_and_not_loss():
    leg = VirtualLeg()
    said = packets(noise(0.5))
    quiet = silent_packet(25, timestamp=4000, octets=1)
    leg.listen([*paced(said), (4100, quiet[:1] + b"\x0d" + quiet[2:])], 2 * SECOND)
    assert leg.count(c.CONCEALED) == 0


def test_a_skipped_tick_is_made_up_for():
    said = noise(4.0)
    leg = VirtualLeg()
    made = paced(packets(said))
    leg.listen(made[:50], SECOND)
    leg.lane.now_samples += 4 * c.FRAME
    leg.listen(made[50:], 3 * SECOND - 4)
    assert leg.count(c.REMOVED) >= 400


def test_without_listeners_the_same_is_counted():
    keep = random().random(600) > 0.1
    arrivals = impaired(random().uniform(0, 300, 600), keep=keep)
    alone, heard = VirtualLeg(listeners=0), VirtualLeg()
    alone.listen(arrivals, 12 * SECOND)
    heard.listen(arrivals, 12 * SECOND)
    assert alone.leg.count.tolist() == heard.leg.count.tolist()


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 60000), st.integers(1, 400)), max_size=40),
    st.integers(0, 0xFFFFFFFF),
)
def test_whatever_comes_the_buffer_keeps_its_bounds(stream, start):
    leg, arrivals = VirtualLeg(), []
    for index, (arrival, offset, octets) in enumerate(stream):
        timestamp = (start + offset) & 0xFFFFFFFF
        arrivals.append((arrival, silent_packet(index, timestamp, octets=octets, marker=octets % 7 == 0)))
    waiting = sorted(arrivals)
    for _ in range(25):
        leg.pass_time()
        while waiting and waiting[0][0] <= leg.lane.now_samples:
            leg.deliver(*waiting.pop(0)[::-1])
        frame = leg.hear()
        ahead = (leg.leg.high - leg.leg.play) & 0xFFFFFFFF
        assert ahead <= c.RING - c.HISTORY
        assert c.HOLE not in frame
