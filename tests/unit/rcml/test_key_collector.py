import pytest

from rcml.call import CollectRequest
from rcml.key_collector import KeyCollector


def collected(keys: str, **rules) -> tuple[str, bool]:
    collector = KeyCollector(CollectRequest(**rules))
    for at, key in enumerate(keys):
        if not collector.finished:
            collector.press(key, float(at))
    return collector.digits, collector.finished


def test_the_finish_key_ends_the_input_and_is_not_part_of_it():
    assert collected("123#4") == ("123", True)


def test_only_the_finish_key_is_no_input():
    assert collected("#") == ("", True)


def test_an_input_ends_when_it_has_enough_digits():
    assert collected("12345", at_most=3) == ("123", True)


def test_without_a_finish_key_a_hash_is_a_digit_like_others_once_begun():
    assert collected("1#2", finish_on="") == ("1#2", False)


@pytest.mark.parametrize("finish_on", ["*", "*#", "0"])
def test_any_of_several_keys_may_finish(finish_on):
    assert collected("12" + finish_on[-1], finish_on=finish_on) == ("12", True)


def test_a_key_that_may_not_start_an_input_is_ignored_and_silences_nothing():
    collector = KeyCollector(CollectRequest(start_with="*"))
    collector.press("5", 0.0)
    assert (collector.digits, collector.started) == ("", False)
    collector.press("*", 1.0)
    collector.press("5", 2.0)
    assert collector.digits == "*5"


def test_no_time_runs_while_prompts_play():
    collector = KeyCollector(CollectRequest(first_within=5))
    assert collector.deadline is None
    collector.prompts_ended(30.0)
    assert collector.deadline == 35.0


def test_each_key_gives_time_for_the_next():
    collector = KeyCollector(CollectRequest(first_within=5, next_within=2))
    collector.prompts_ended(0.0)
    collector.press("1", 3.0)
    assert collector.deadline == 5.0
    collector.press("2", 4.0)
    assert collector.deadline == 6.0


def test_prompts_that_end_after_the_first_key_do_not_move_the_deadline():
    collector = KeyCollector(CollectRequest(first_within=5, next_within=2))
    collector.press("1", 3.0)
    collector.prompts_ended(4.0)
    assert collector.deadline == 5.0


def test_a_first_key_silences_the_prompts():
    collector = KeyCollector(CollectRequest())
    assert not collector.started
    collector.press("1", 0.0)
    assert collector.started
