import pytest

from engine.reporting.call_counts import DAY, HOUR, CallCounts


def test_the_most_calls_at_once_are_remembered():
    counts = CallCounts()
    for direction in ("inbound", "outbound-dial", "outbound-api"):
        counts.started(direction)
    counts.ended("inbound", None, 1.0)
    counts.ended("outbound-dial", None, 1.0)
    counts.started("inbound")
    assert counts.live == {"inbound": 1, "outbound-dial": 0, "outbound-api": 1}
    assert (counts.most["inbound"], counts.most_outgoing, counts.most_in_all) == (1, 2, 3)


def talked(*talks: tuple[float, float]) -> CallCounts:
    """Return what is counted of calls that ended at these times after so many seconds of talk."""
    counts = CallCounts()
    for at, seconds in talks:
        counts.started("inbound")
        counts.ended("inbound", seconds, at)
    return counts


@pytest.mark.parametrize(
    ("within", "now", "mean"),
    [(HOUR, 4900.0, 30.0), (DAY, 4900.0, 20.0), (HOUR, 9000.0, 0.0), (DAY, 100_000.0, 0.0)],
)
def test_the_mean_talk_is_that_of_the_calls_that_ended_lately(within: float, now: float, mean: float):
    assert talked((10.0, 10.0), (20.0, 20.0), (4900.0, 30.0)).mean_talk(within, now) == mean


def test_a_call_that_nobody_answered_is_no_talk():
    counts = CallCounts()
    counts.started("inbound")
    counts.ended("inbound", None, 1.0)
    assert counts.mean_talk(HOUR, 1.0) == 0.0


def test_talks_are_kept_for_a_day():
    counts = talked(*((minute * 60.0, 1.0) for minute in range(3000)))
    assert len(counts._talks) <= 24 * 60 + 2
