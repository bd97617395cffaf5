"""When everything is searched for garbage: without calls, or when that was put off for long."""

import gc

import pytest

from engine.collector import MIDDLE, MOST_PUT_OFF, NEVER, WORTH_IT, YOUNG, Collector


class Exchange:
    """So many calls are up."""

    calls = 0


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []
    monkeypatch.setattr("engine.collector.gc.collect", lambda: done.append("all"))
    monkeypatch.setattr("engine.collector.gc.get_count", lambda: (0, 0, WORTH_IT))
    return done


def test_everything_is_collected_at_a_moment_without_calls(collected):
    exchange = Exchange()
    collector = Collector(lambda: exchange.calls)
    exchange.calls = 1
    collector.look()
    assert collected == []
    exchange.calls = 0
    collector.look()
    assert collected == ["all"]


def test_a_server_that_is_never_without_calls_collects_all_the_same_now_and_then(collected):
    collector = Collector(lambda: 1)
    for _ in range(2 * (MOST_PUT_OFF + 1)):
        collector.look()
    assert collected == ["all", "all"]


def test_where_little_survived_nothing_is_collected(collected, monkeypatch):
    monkeypatch.setattr("engine.collector.gc.get_count", lambda: (0, 0, WORTH_IT - 1))
    Collector(lambda: 0).look()
    assert collected == []


def test_the_generations_are_small_and_the_old_one_is_never_collected_by_itself():
    before = gc.get_threshold()
    try:
        Collector(lambda: 0).begin()
        assert gc.get_threshold() == (YOUNG, MIDDLE, NEVER)
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
