"""The queue of an application's sound and marks; the number of played samples is the only time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.streams.playout import LEAD, MOST_MARKS, MOST_SECONDS, Playout
from engine.streams.wire_sound import Inlet
from media.codecs import g711
from media.sound import Samples
from rcml.streaming import StreamEncoding

ROOM = 32768


def playout(encoding: StreamEncoding = StreamEncoding.MULAW, rate: int = 8000) -> Playout:
    return Playout(Inlet(encoding, rate))


def test_sound_is_handed_on_half_a_second_ahead_of_what_was_played():
    queue = playout()
    queue.queue(bytes(10_000))
    assert len(queue.next_sound(0, ROOM)) == LEAD
    assert len(queue.next_sound(0, ROOM)) == 0
    assert len(queue.next_sound(160, ROOM)) == 160


def test_no_more_is_handed_on_than_there_is_room_for():
    queue = playout()
    queue.queue(bytes(10_000))
    assert len(queue.next_sound(0, 100)) == 100


def test_a_mark_with_nothing_before_it_is_reached_at_once():
    queue = playout()
    queue.mark("now")
    assert queue.reached(0) == ["now"]
    assert queue.reached(0) == []


def test_a_mark_is_reached_when_the_last_sample_before_it_was_played():
    queue = playout()
    queue.queue(bytes(200))
    queue.mark("end")
    queue.next_sound(0, ROOM)
    assert (queue.reached(199), queue.reached(200)) == ([], ["end"])


def test_marks_are_reached_in_order_each_behind_its_sound():
    queue = playout()
    for name in "abc":
        queue.queue(bytes(100))
        queue.mark(name)
    assert queue.waiting_marks == ("a", "b", "c")
    queue.next_sound(0, 150)
    assert queue.reached(150) == ["a"]
    queue.next_sound(150, ROOM)
    assert queue.reached(300) == ["b", "c"]


def test_clear_drops_sound_and_returns_all_marks():
    queue = playout()
    for name in "ab":
        queue.queue(bytes(LEAD))
        queue.mark(name)
    queue.next_sound(0, ROOM)
    assert queue.clear() == ["a", "b"]
    assert (queue.waiting_marks, len(queue.next_sound(0, ROOM)), queue.plays(0)) == ((), 0, False)


def test_what_comes_after_a_clear_does_not_wait_until_the_leg_has_heard_of_it():
    queue = playout()
    queue.queue(bytes(LEAD))
    queue.next_sound(0, ROOM)
    queue.clear()
    queue.mark("at once")
    assert queue.reached(160) == ["at once"]
    queue.queue(bytes(LEAD))
    assert len(queue.next_sound(160, ROOM)) == LEAD


def test_sound_that_was_not_played_yet_counts_as_playing():
    queue = playout()
    assert not queue.plays(0)
    queue.queue(bytes(100))
    assert queue.plays(0)
    queue.next_sound(0, ROOM)
    assert (queue.plays(99), queue.plays(100)) == (True, False)


def test_the_queue_is_bounded_and_what_comes_last_is_dropped():
    queue = playout()
    second = bytes(8000)
    for _ in range(int(MOST_SECONDS)):
        assert queue.queue(second)
    assert not queue.queue(b"\xff")
    queue.next_sound(0, ROOM)
    assert queue.queue(b"\xff")


def test_the_number_of_marks_is_bounded():
    queue = playout()
    queue.queue(bytes(LEAD))
    for number in range(MOST_MARKS):
        assert queue.mark(str(number))
    assert not queue.mark("one more")
    queue.clear()
    assert queue.mark("one more")


@pytest.mark.parametrize("rate", [16000, 24000])
def test_a_mark_of_wide_sound_lies_at_its_time_in_samples_of_the_leg(rate):
    queue = playout(StreamEncoding.L16, rate)
    queue.queue(bytes(2 * rate))
    queue.mark("one second")
    made = 0
    while len(piece := queue.next_sound(made, ROOM)):
        made += len(piece)
    assert made == pytest.approx(8000, abs=32)
    assert (queue.reached(made - 1), queue.reached(made)) == ([], ["one second"])


def test_the_filter_forgets_what_was_cleared():
    queue = playout(StreamEncoding.L16, 16000)
    queue.queue(np.full(1600, 20_000, "<i2").tobytes())
    queue.next_sound(0, ROOM)
    queue.clear()
    queue.queue(bytes(3200))
    assert not queue.next_sound(0, ROOM).any()


def test_after_a_rest_sound_begins_anew():
    queue = playout(StreamEncoding.L16, 24000)
    queue.queue(np.full(2400, 20_000, "<i2").tobytes())
    queue.next_sound(0, ROOM)
    queue.rest()
    queue.queue(bytes(4800))
    assert not queue.next_sound(800, ROOM).any()


@given(
    st.lists(st.one_of(st.binary(min_size=1, max_size=700), st.just("mark")), max_size=20),
    st.lists(st.integers(1, 400), min_size=1, max_size=20),
)
def test_however_it_is_taken_nothing_is_lost_and_each_mark_has_its_place(sent, rooms):
    queue = playout()
    expected, marks = b"", []
    for number, each in enumerate(sent):
        if isinstance(each, bytes):
            queue.queue(each)
            expected += each
        else:
            queue.mark(str(number))
            marks.append((len(expected), str(number)))
    heard: list[Samples] = []
    reached: list[tuple[int, str]] = []
    played = 0
    for step in range(len(expected) + 2):
        heard.append(queue.next_sound(played, rooms[step % len(rooms)]))
        played += len(heard[-1])
        reached += [(played, name) for name in queue.reached(played)]
        if played == len(expected):
            break
    assert np.concatenate(heard).tolist() == g711.decode_mulaw(expected).tolist()
    assert [name for _, name in reached] == [name for _, name in marks]
    assert all(at >= place for (at, _), (place, _) in zip(reached, marks, strict=True))
