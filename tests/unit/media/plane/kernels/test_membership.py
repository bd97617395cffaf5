"""Who is in which room and phase, whatever comes and goes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from media.plane import layout as c
from media.plane.kernels.commands import release
from media.plane.kernels.rooms import release_room
from media.plane.sound_ring import SoundRing
from tests.testkit.virtual_room import VirtualRooms

LEGS, ROOMS = 6, 3

leg = st.integers(0, LEGS - 1)
room = st.integers(0, ROOMS - 1)
step = st.one_of(
    st.tuples(st.just("join"), leg, room),
    st.tuples(st.just("leave"), leg, room),
    st.tuples(st.just("coach"), leg, leg),
    st.tuples(st.just("close leg"), leg, st.just(0)),
    st.tuples(st.just("close room"), room, st.just(0)),
)


class Model:
    """What the lists in the table must come to, said with a dict."""

    def __init__(self):
        self.room_of: dict[int, int] = {}
        self.coached: dict[int, int] = {}
        self.closed_legs: set[int] = set()
        self.closed_rooms: set[int] = set()

    def take_out(self, row):
        self.room_of.pop(row, None)
        self.coached = {by: whom for by, whom in self.coached.items() if row not in (by, whom)}

    def apply(self, what, one, other):
        if what == "join" and one not in self.closed_legs and other not in self.closed_rooms:
            self.take_out(one)
            self.room_of[one] = other
        elif what == "leave" and self.room_of.get(one) == other:
            self.take_out(one)
        elif what == "coach" and one != other and one in self.room_of:
            self.coached.pop(one, None)
            if self.room_of.get(other) == self.room_of[one]:
                self.coached[one] = other
        elif what == "close leg":
            self.take_out(one)
            self.closed_legs.add(one)
        elif what == "close room":
            for row in [row for row, where in self.room_of.items() if where == one]:
                self.take_out(row)
            self.closed_rooms.add(one)


def apply(rooms, what, one, other):
    if what == "join":
        rooms.join(one, other)
    elif what == "leave":
        rooms.about(c.LEAVE, one, other)
    elif what == "coach":
        if one != other and rooms.table.legs[one].room >= 0:
            rooms.about(c.COACH, one, int(rooms.table.legs[one].room), other, 1)
    elif what == "close leg":
        rooms.tell(c.CLOSE, one)
    else:
        rooms.tell(c.CLOSE, c.ROOM_BASE + one)


def coaching(table):
    found = {}
    for row in range(LEGS):
        coach = int(table.legs[row].coach)
        while coach >= 0:
            assert table.legs[coach].coached == row
            found[coach] = row
            coach = int(table.legs[coach].next_coach)
    return found


@given(st.lists(step, max_size=25))
def test_any_coming_and_going_leaves_the_lists_as_a_model_says(steps):
    rooms, model = VirtualRooms(LEGS, ROOMS), Model()
    for each in steps:
        apply(rooms, *each)
        model.apply(*each)
    table, lane = rooms.table, rooms.lane
    for index in range(ROOMS):
        assert sorted(rooms.members(index)) == sorted(n for n, at in model.room_of.items() if at == index)
    assert coaching(table) == model.coached
    alone = [int(n) for phase in range(c.PHASES) for n in table.active[phase, : lane.active_count[phase]]]
    assert sorted(alone) == sorted(set(range(LEGS)) - set(model.room_of))
    assert [int(table.legs[n].listeners) for n in range(LEGS)] == [
        int(n in model.room_of) for n in range(LEGS)
    ]
    for row in range(LEGS):
        assert table.legs[row].phase == (1 if row in model.room_of else table.legs[row].phase)
        if table.legs[row].room < 0:
            at = int(table.legs[row].phase), int(table.legs[row].phase_index)
            assert table.active[at] == row
    assert lane.leaving == len(model.closed_legs) + len(model.closed_rooms)


def test_a_coach_whose_pupil_left_is_heard_by_nobody():
    rooms = VirtualRooms(3)
    for row in range(3):
        rooms.join(row)
    rooms.about(c.COACH, 0, 0, 1, 1)
    rooms.about(c.LEAVE, 1)
    told = rooms.tick({0: np.full(c.FRAME, 9, np.int16)})
    assert not told[2].any()
    rooms.about(c.COACH, 0, 0, -1, 0)
    assert rooms.tick({0: np.full(c.FRAME, 9, np.int16)})[2].all()


def test_commands_for_a_room_that_the_row_is_no_more_are_not_carried_out():
    rooms = VirtualRooms(1)
    rooms.tell(c.JOIN, 0, c.ROOM_BASE, 2, 0)
    assert rooms.members() == []
    rooms.table.rooms[0].generation = 2
    rooms.tell(c.CLOSE, c.ROOM_BASE)
    assert rooms.table.rooms[0].closing == c.STAYING


def test_a_leg_joins_the_phase_of_its_room_and_goes_on_there_when_it_leaves():
    rooms = VirtualRooms(1)
    rooms.join(0)
    rooms.about(c.LEAVE, 0)
    assert rooms.lane.active_count.tolist() == [0, 1, 0, 0]


def test_a_closed_room_and_a_closed_member_are_released():
    rooms = VirtualRooms(2, 2)
    rooms.join(0)
    rooms.tell(c.CLOSE, 0)
    rooms.tell(c.CLOSE, c.ROOM_BASE)
    assert release(rooms.table, rooms.table.legs[0])
    release_room(rooms.table, rooms.table.rooms[0])
    assert rooms.events() == [(c.RELEASED, 0, -1), (c.RELEASED, c.ROOM_BASE, -1)]
    assert rooms.lane.room_count.tolist() == [0, 1, 0, 0]
    assert (rooms.lane.leaving, rooms.table.rooms[0].in_use) == (0, 0)


def test_prompts_of_a_room_are_mixed_told_when_they_end_and_freed_when_stopped():
    rooms = VirtualRooms(1)
    rooms.join(0)
    sounds = [np.full(200, 10 ** (n + 1), np.int16) for n in range(3)]
    for number, sound in enumerate(sounds, 1):
        rooms.tell(c.PLAY_PROMPT, c.ROOM_BASE, number, sound.ctypes.data, 200, 2 if number == 2 else 1)
    assert np.all(rooms.tick({})[0] == 1110)
    rooms.tell(c.STOP_PROMPT, c.ROOM_BASE, 3)
    assert rooms.events() == [(c.FREED, c.ROOM_BASE, 3)]
    told = rooms.tick({})[0]
    assert (told[0], told[-1]) == (110, 100)
    assert rooms.events() == [(c.FINISHED, c.ROOM_BASE, 1)]
    assert rooms.table.rooms[0].playing == 1


def test_a_prompt_that_finds_no_player_is_given_back():
    rooms = VirtualRooms(1)
    sound = np.zeros(200, np.int16)
    for number in range(1, c.PLAYERS + 2):
        rooms.tell(c.PLAY_PROMPT, c.ROOM_BASE, number, sound.ctypes.data, 200, 1)
    assert rooms.events() == [(c.FREED, c.ROOM_BASE, c.PLAYERS + 1)]


def test_a_tap_of_a_room_has_the_whole_sum_and_silence_for_what_it_missed():
    rooms, ring = VirtualRooms(2), SoundRing(1024)
    rooms.join(0)
    rooms.join(1)
    rooms.tick({})
    rooms.tell(c.ADD_TAP, c.ROOM_BASE, 1, ring.address, c.TAP_IN)
    rooms.lane.now_samples += c.FRAME
    rooms.tick({0: np.full(c.FRAME, 20000, np.int16), 1: np.full(c.FRAME, 20000, np.int16)})
    assert np.array_equal(ring.read(1024), np.concatenate([np.zeros(160), np.full(160, 32767)]))
    rooms.tell(c.REMOVE_TAP, c.ROOM_BASE, 1)
    assert rooms.events() == [(c.FREED, c.ROOM_BASE, 1)]
