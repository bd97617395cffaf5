from tests.testkit.loop_lag import LoopLag

METRICS = """\
dialplane_loop_lag_seconds_bucket{le="0.001"} 90.0
dialplane_loop_lag_seconds_bucket{le="0.005"} 98.0
dialplane_loop_lag_seconds_bucket{le="0.01"} 100.0
dialplane_loop_lag_seconds_bucket{le="+Inf"} 100.0
dialplane_loop_lag_seconds_sum 0.1
dialplane_loop_own_lag_seconds_bucket{le="0.001"} 90.0
dialplane_loop_own_lag_seconds_bucket{le="0.005"} 99.0
dialplane_loop_own_lag_seconds_bucket{le="0.01"} 100.0
dialplane_loop_own_lag_seconds_bucket{le="+Inf"} 100.0
"""


def test_the_percentile_is_the_bucket_in_which_it_lies():
    assert str(LoopLag.of(METRICS)) == "lag p99 <= 10 ms (<= 5 of the loop's own work) in 100 wake-ups"


def test_what_was_before_does_not_count_and_what_is_told_as_text_is_the_same():
    before = LoopLag.of(METRICS)
    after = before.plus(before).plus(before)
    assert after.since(before) == LoopLag.of(before.plus(before).text())
    assert after.since(before).wake_ups == 200
