"""How many replies two parties may exchange."""

from engine.messages.reply_rate import MOST_PAIRS, MOST_REPLIES, REST, ReplyRate


def admitted(rate: ReplyRate, times: int, apart: float, start: float = 0.0) -> int:
    return sum(rate.admits("a", "b", start + place * apart) for place in range(times))


def test_replies_beyond_thirty_in_a_row_are_refused():
    assert admitted(ReplyRate(), 40, 1.0) == MOST_REPLIES == 30


def test_both_directions_count_together_and_other_pairs_apart():
    rate = ReplyRate()
    admitted(rate, MOST_REPLIES, 0.0)
    assert not rate.admits("b", "a", 0.0)
    assert rate.admits("a", "c", 0.0)


def test_after_a_rest_of_thirty_seconds_they_are_counted_anew():
    rate = ReplyRate()
    admitted(rate, MOST_REPLIES, 0.0)
    assert not rate.admits("a", "b", 1)
    assert not rate.admits("a", "b", REST - 1)
    assert rate.admits("a", "b", REST)


def test_replies_that_are_far_apart_are_never_too_many():
    assert admitted(ReplyRate(), 100, REST) == 100


def test_the_pair_that_rested_longest_is_forgotten_first():
    rate = ReplyRate()
    admitted(rate, MOST_REPLIES, 0.0)
    for place in range(MOST_PAIRS - 1):
        rate.admits("a", f"c{place}", 1.0)
    assert not rate.admits("a", "b", 2.0)
    for place in range(MOST_PAIRS):
        rate.admits("a", f"d{place}", 3.0)
    assert rate.admits("a", "b", 4.0)
