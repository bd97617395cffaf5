"""The impaired path does what it says, in the share it says."""

import itertools

import pytest

from tests.testkit.impairment import ImpairedPath, Impairments

PACKETS = 20_000


def sent(seed: int = 1, **impairments: float) -> list[list[float]]:
    """Return the arrivals of packets that were sent 20 ms apart."""
    path = ImpairedPath(Impairments(**impairments), seed)
    return [path.arrivals(0.02 * number) for number in range(PACKETS)]


def test_a_path_without_impairments_delivers_at_once():
    assert sent() == [[0.02 * number] for number in range(PACKETS)]


def test_the_same_seed_does_the_same_and_another_does_not():
    rules = {"jitter": 0.02, "delay": 0.02, "loss": 0.1}
    assert sent(3, **rules) == sent(3, **rules) != sent(4, **rules)


def test_jitter_spreads_evenly_about_the_delay():
    late = [at - 0.02 * number for number, (at,) in enumerate(sent(delay=0.05, jitter=0.04))]
    assert min(late) == pytest.approx(0.01, abs=0.001)
    assert max(late) == pytest.approx(0.09, abs=0.001)
    assert sum(late) / PACKETS == pytest.approx(0.05, abs=0.001)


def test_nothing_comes_before_it_was_sent():
    assert min(at - 0.02 * number for number, (at,) in enumerate(sent(jitter=0.04))) == 0.0


@pytest.mark.parametrize("burst", [1.0, 5.0])
def test_losses_have_their_share_and_their_length(burst):
    lost = [not arrivals for arrivals in sent(loss=0.05, burst=burst)]
    bursts = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
    assert sum(lost) / PACKETS == pytest.approx(0.05, abs=0.01)
    assert sum(lost) / bursts == pytest.approx(burst, rel=0.15)


def test_a_dead_path_delivers_nothing():
    assert not any(sent(loss=1.0))


def test_who_is_held_back_comes_after_the_next():
    arrivals = [at for (at,) in sent(reorder=0.05)]
    overtaken = sum(after < before for before, after in itertools.pairwise(arrivals))
    assert overtaken / PACKETS == pytest.approx(0.05, abs=0.01)


def test_doubled_packets_come_twice():
    twice = sum(len(arrivals) == 2 for arrivals in sent(duplicate=0.02))
    assert twice / PACKETS == pytest.approx(0.02, abs=0.005)
