import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp.sequence import sequence_delta
from tests.testkit.reception import MAX_DROPOUT, Arrival, ReceptionStatistics


def received(sequence_numbers, *, start: int | None = None) -> ReceptionStatistics:
    """Feed packets of 20 ms that come exactly on time."""
    statistics = ReceptionStatistics(8000)
    first = sequence_numbers[0] if start is None else start
    for number in sequence_numbers:
        index = sequence_delta(number & 0xFFFF, first & 0xFFFF)
        statistics.receive(number & 0xFFFF, (160 * index) & 0xFFFFFFFF, 0.02 * index + 1)
    return statistics


def test_a_source_is_on_probation_until_two_packets_in_sequence():
    statistics = ReceptionStatistics(8000)
    verdicts = [statistics.receive(number, 0, 0.0) for number in (7, 100, 101, 102)]
    assert verdicts == [Arrival.PROBATION, Arrival.PROBATION, Arrival.IN_ORDER, Arrival.IN_ORDER]
    assert (statistics.received, statistics.expected) == (2, 2)


def test_a_gap_is_loss():
    statistics = received([10, 11, 12, 15, 16])
    assert (statistics.expected, statistics.received, statistics.lost) == (6, 4, 2)


def test_a_late_packet_is_no_loss():
    statistics = received([10, 11, 12, 14, 13, 15])
    assert statistics.lost == 0


def test_duplicates_make_the_loss_negative():
    statistics = received([10, 11, 12, 12, 12])
    assert statistics.lost == -2


def test_the_count_goes_on_when_the_sequence_number_wraps():
    statistics = received(range(65530, 65550))
    assert statistics.highest_sequence == 65549
    assert (statistics.expected, statistics.lost) == (19, 0)


def test_one_wild_packet_changes_nothing():
    statistics = received([10, 11, 12])
    assert statistics.receive(40000, 0, 2.0) is Arrival.REFUSED
    assert statistics.receive(13, 480, 1.06) is Arrival.IN_ORDER
    assert statistics.lost == 0


def test_two_packets_after_a_jump_begin_a_new_count():
    statistics = received([10, 11, 12])
    assert statistics.receive(40000, 0, 2.0) is Arrival.REFUSED
    assert statistics.receive(40001, 160, 2.02) is Arrival.RESTARTED
    assert (statistics.highest_sequence, statistics.expected, statistics.received) == (40001, 1, 1)


def test_a_jump_of_just_under_the_limit_is_loss_and_at_the_limit_is_suspect():
    assert received([10, 11]).receive(11 + MAX_DROPOUT - 1, 0, 2.0) is Arrival.IN_ORDER
    assert received([10, 11]).receive(11 + MAX_DROPOUT, 0, 2.0) is Arrival.REFUSED


def test_jitter_follows_the_formula_of_a_8():
    statistics = ReceptionStatistics(8000)
    expected = 0.0
    transit = None
    for index, late in enumerate([0.0, 0.0, 0.005, 0.0, 0.010, 0.002, 0.0, 0.007] * 20):
        statistics.receive(index, 160 * index, 0.02 * index + late)
        if index >= 1:
            now = late * 8000
            if transit is not None:
                expected += (abs(now - transit) - expected) / 16
            transit = now
    assert statistics.interarrival_jitter == pytest.approx(expected, abs=2)


def test_packets_on_time_have_no_jitter_across_the_wrap_of_the_timestamp():
    statistics = ReceptionStatistics(8000)
    for index in range(20):
        statistics.receive(index, (0xFFFFFB00 + 160 * index) & 0xFFFFFFFF, 5 + 0.02 * index)
    assert statistics.interarrival_jitter == 0


def test_a_report_tells_the_loss_since_the_last_one():
    statistics = received([0, 1, 2, 3, 4, 7, 8])
    first = statistics.report()
    assert (first.fraction_lost, first.cumulative_lost) == (2 * 256 // 8, 2)
    second = statistics.report()
    assert (second.fraction_lost, second.cumulative_lost) == (0, 2)


def test_a_report_before_any_packet_is_all_zero():
    report = ReceptionStatistics(8000).report()
    assert (report.fraction_lost, report.cumulative_lost, report.interarrival_jitter) == (0, 0, 0)


def test_loss_beyond_24_bits_is_clamped():
    statistics = received([0, 1, 2])
    statistics.received = -0x900000
    assert statistics.report().cumulative_lost == 0x7FFFFF


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60))
def test_loss_is_what_was_expected_less_what_came(numbers):
    statistics = received([1000, 1001, *(1002 + number for number in numbers)], start=1000)
    assert statistics.lost == statistics.expected - statistics.received
    assert 0 <= statistics.report().fraction_lost <= 255
