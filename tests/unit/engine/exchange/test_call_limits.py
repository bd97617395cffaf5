import pytest

from engine.exchange.call_limits import CallLimits


def test_without_limits_every_call_may_begin():
    limits = CallLimits()
    assert {limits.refusal("alice", 0.0) for _ in range(1000)} == {None}


def test_no_more_calls_at_once_than_allowed_and_each_client_has_its_own_count():
    limits = CallLimits(at_once=2)
    for _ in range(2):
        assert limits.refusal("alice", 0.0) is None
        limits.started("alice")
    assert limits.refusal("alice", 0.0) == "at_once"
    assert limits.refusal("bob", 0.0) is None
    limits.ended("alice")
    assert limits.refusal("alice", 0.0) is None


def test_no_more_calls_in_any_minute_than_allowed():
    limits = CallLimits(in_a_while=3)
    assert [limits.refusal("alice", at) for at in (0.0, 20.0, 40.0, 59.9)] == [
        None,
        None,
        None,
        "in_a_while",
    ]
    assert limits.refusal("alice", 60.1) is None
    assert limits.refusal("alice", 61.0) == "in_a_while"


@pytest.mark.hostile("T13", sent="1,000 calls a minute with one password")
def test_a_thousand_short_calls_of_a_stolen_password_are_sixty():
    limits = CallLimits(at_once=20, in_a_while=60)
    let_in = 0
    for number in range(1000):
        if limits.refusal("alice", number * 0.06) is None:
            limits.started("alice")
            limits.ended("alice")
            let_in += 1
    assert let_in == 60


def test_nothing_is_kept_of_clients_whose_calls_ended():
    limits = CallLimits(at_once=5)
    limits.started("alice")
    limits.ended("alice")
    assert not limits._live
