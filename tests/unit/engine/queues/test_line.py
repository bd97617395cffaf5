"""Who is taken next, and what those who wait are told about it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.queues.line import Line, Waiter


def member(sid: str, since: float = 0.0, priority: int = 500) -> Waiter:
    return Waiter(sid, since, priority)


def taken(line: Line) -> str | None:
    """Let an agent come and go, and return whom they took."""
    agent = Waiter("agent", 0.0)
    match = line.attend(agent)
    line.leave(agent)
    return match.member.sid if match else None


def test_members_are_taken_in_the_order_of_coming():
    line = Line(10)
    for sid in "abc":
        assert line.enter(member(sid)) is None
    assert [taken(line) for _ in range(4)] == ["a", "b", "c", None]


def test_a_smaller_priority_is_taken_first():
    line = Line(10)
    for sid, priority in (("a", 500), ("b", 7), ("c", 999), ("d", 7)):
        line.enter(member(sid, priority=priority))
    assert [taken(line) for _ in range(4)] == ["b", "d", "a", "c"]


def test_an_agent_who_came_first_gets_the_first_member():
    line = Line(10)
    first, second = Waiter("first", 0.0), Waiter("second", 0.0)
    assert line.attend(first) is None
    assert line.attend(second) is None
    match = line.enter(member("a"))
    assert match is not None
    assert (match.member.sid, match.agent) == ("a", first)


def test_a_member_whose_hand_over_failed_keeps_their_turn():
    line = Line(10)
    line.enter(member("a"))
    line.enter(member("b"))
    match = line.attend(Waiter("agent", 0.0))
    assert match is not None
    assert match.member.sid == "a"
    assert line.enter(match.member) is None
    assert [waiting.sid for waiting in line.members] == ["a", "b"]


def test_who_leaves_is_not_taken_and_the_others_move_up():
    line = Line(10)
    a, b = member("a"), member("b")
    line.enter(a)
    line.enter(b)
    line.leave(a)
    assert (line.position(a), line.position(b), len(line)) == (0, 1, 1)
    line.leave(a)
    assert taken(line) == "b"


def test_a_line_is_full_at_its_size():
    line = Line(1)
    assert not line.is_full()
    line.enter(member("a"))
    assert line.is_full()


def test_who_comes_may_hold_a_line_to_be_full_before_it_is():
    line = Line(3)
    assert not line.is_full(1)
    line.enter(member("a"))
    assert (line.is_full(1), line.is_full(2), line.is_full(9)) == (True, False, False)


def test_the_average_wait_is_that_of_those_who_wait_now():
    line = Line(10)
    assert line.average_wait(5.0) == 0
    line.enter(member("a", since=0.0))
    line.enter(member("b", since=10.0))
    assert line.average_wait(20.0) == 15


def test_nothing_is_estimated_before_two_were_handed_over():
    line = Line(10)
    a = member("a")
    line.enter(a)
    line.connected(10.0)
    assert line.estimated_wait(a, 20.0) is None


def test_the_estimate_follows_the_pace_of_the_last_hand_overs():
    line = Line(10)
    a, b = member("a"), member("b")
    line.enter(a)
    line.enter(b)
    for moment in (0.0, 30.0, 60.0):
        line.connected(moment)
    assert line.estimated_wait(a, 60.0) == 30
    assert line.estimated_wait(b, 60.0) == 60
    assert line.estimated_wait(a, 70.0) == 20
    assert line.estimated_wait(a, 600.0) == 0


ACTS = st.lists(st.tuples(st.sampled_from(["enter", "attend", "leave"]), st.integers(0, 3)), max_size=40)


@given(ACTS)
def test_never_do_members_and_agents_wait_for_each_other(acts: list[tuple[str, int]]):
    line = Line(100)
    known: list[Waiter] = []
    matched: set[Waiter] = set()
    for act, number in acts:
        if act == "leave" and known:
            line.leave(known[number % len(known)])
            continue
        waiter = Waiter(str(len(known)), 0.0, number)
        known.append(waiter)
        match = line.enter(waiter) if act == "enter" else line.attend(waiter)
        if match is not None:
            pair = {match.member, match.agent}
            assert not pair & matched
            matched |= pair
        assert not line._members or not line._agents


@pytest.mark.parametrize("count", [1, 3])
def test_a_line_is_empty_when_nobody_waits(count: int):
    line = Line(10)
    assert line.empty
    agents = [Waiter(str(number), 0.0) for number in range(count)]
    for agent in agents:
        line.attend(agent)
    assert not line.empty
    for agent in agents:
        line.leave(agent)
    assert line.empty
