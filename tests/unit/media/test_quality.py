"""The E-model against figures of the ITU-T and its own shape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.quality import BEST, Path, mean_opinion_score, rating

LOSSES = st.floats(0, 1)
DELAYS = st.floats(0, 2)


def test_a_faultless_connection_is_rated_as_g107_says():
    assert rating(Path(loss=0.0, delay=0.0)) == BEST
    assert mean_opinion_score(Path(loss=0.0, delay=0.0)) == pytest.approx(4.41, abs=0.01)


@pytest.mark.parametrize(
    ("lost_percent", "impairment"), [(1, 3.6), (2, 7.0), (3, 10.1), (5, 15.8), (10, 27.1)]
)
def test_loss_costs_a_concealed_g711_what_its_robustness_says(lost_percent: int, impairment: float):
    assert BEST - rating(Path(loss=lost_percent / 100, delay=0.0)) == pytest.approx(impairment, abs=0.1)


def test_a_delay_of_150_ms_is_hardly_noticed_and_one_of_400_ms_dissatisfies():
    assert mean_opinion_score(Path(loss=0.0, delay=0.150)) > 4.3
    assert mean_opinion_score(Path(loss=0.0, delay=0.400)) == pytest.approx(3.1, abs=0.3)


@given(LOSSES, DELAYS)
def test_a_score_lies_between_bad_and_best(loss: float, delay: float):
    assert 1.0 <= mean_opinion_score(Path(loss, delay)) <= 4.42


@given(LOSSES, LOSSES, DELAYS)
def test_more_loss_never_sounds_better(one: float, other: float, delay: float):
    low, high = sorted((one, other))
    assert mean_opinion_score(Path(low, delay)) >= mean_opinion_score(Path(high, delay)) - 1e-9


def test_rubbish_of_a_peer_is_no_better_than_nothing_and_no_worse_than_all():
    assert rating(Path(loss=-0.5, delay=-1.0)) == BEST
    assert rating(Path(loss=7.0, delay=0.0)) == rating(Path(loss=1.0, delay=0.0))
