"""Timer values, tables and the schedule."""

import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.timers import Schedule, Timer, TimerTable, TimerValues, earliest


def test_the_values_of_table_4():
    values = TimerValues()
    assert (values.t1, values.t2, values.t4) == (0.5, 4.0, 5.0)
    assert values.transaction_timeout == 32.0
    assert values.timer_d == 32.0


def test_a_late_100_goes_out_when_timer_e_would_be_reset_to_t2():
    assert TimerValues().late_trying == 3.5
    assert TimerValues(t1=1.0, t2=4.0).late_trying == 3.0
    assert TimerValues(t1=4.0, t2=4.0).late_trying == 0.0


def test_a_stopped_timer_cannot_fire():
    table: TimerTable[Timer] = TimerTable()
    table.start(Timer.TIMER_A, 1.0)
    table.stop(Timer.TIMER_A, Timer.TIMER_B)
    assert table.next_deadline() is None
    assert table.pop_due(10.0) is None


def test_due_timers_come_in_the_order_of_their_deadlines():
    table: TimerTable[Timer] = TimerTable()
    table.start(Timer.TIMER_B, 2.0)
    table.start(Timer.TIMER_A, 1.0)
    table.start(Timer.TIMER_D, 9.0)
    assert [table.pop_due(5.0), table.pop_due(5.0), table.pop_due(5.0)] == [
        Timer.TIMER_A,
        Timer.TIMER_B,
        None,
    ]
    assert Timer.TIMER_D in table
    assert len(table) == 1


def test_a_restarted_timer_has_only_its_new_deadline():
    table: TimerTable[Timer] = TimerTable()
    table.start(Timer.TIMER_A, 1.0)
    table.start(Timer.TIMER_A, 3.0)
    assert table.pop_due(2.0) is None
    assert table.next_deadline() == 3.0


def test_a_schedule_remembers_only_the_last_deadline_of_each_machine():
    schedule: Schedule[str] = Schedule()
    schedule.set("a", 1.0)
    schedule.set("b", 2.0)
    schedule.set("a", 3.0)
    assert schedule.next_deadline() == 2.0
    schedule.set("b", None)
    assert schedule.next_deadline() == 3.0
    assert schedule.pop_due(2.9) is None
    assert schedule.pop_due(3.0) == "a"
    assert schedule.next_deadline() is None
    assert len(schedule) == 0


def test_a_schedule_does_not_grow_with_changes_of_mind():
    schedule: Schedule[str] = Schedule()
    for at in range(10_000):
        schedule.set("a", float(at))
    assert len(schedule._heap) < 100
    assert schedule.pop_due(10_000.0) == "a"


moves = st.lists(st.tuples(st.integers(0, 5), st.none() | st.floats(0, 100)), max_size=60)


@given(moves)
def test_a_schedule_agrees_with_a_plain_dictionary(moves):
    schedule: Schedule[int] = Schedule()
    plain: dict[int, float] = {}
    for machine, deadline in moves:
        schedule.set(machine, deadline)
        if deadline is None:
            plain.pop(machine, None)
        else:
            plain[machine] = deadline
        assert schedule.next_deadline() == min(plain.values(), default=None)
    popped = []
    while (machine_due := schedule.pop_due(1000.0)) is not None:
        popped.append(plain.pop(machine_due))
    assert popped == sorted(popped)
    assert not plain


def test_a_schedule_keeps_no_machine_alive_that_it_forgot():
    class Machine:
        """Something that may be referred to weakly."""

    schedule: Schedule[Machine] = Schedule()
    machine = Machine()
    gone = weakref.ref(machine)
    schedule.set(machine, 60.0)
    schedule.set(machine, 90.0)
    schedule.set(machine, None)
    del machine
    assert gone() is None
    assert schedule.next_deadline() is None


@pytest.mark.parametrize(
    ("deadlines", "first"),
    [((), None), ((None, None), None), ((None, 3.0, 2.0), 2.0), ((0.0, None, 1.0), 0.0)],
)
def test_the_earliest_deadline_of_several_machines(deadlines, first):
    assert earliest(*deadlines) == first
