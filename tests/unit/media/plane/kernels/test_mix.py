"""Who hears whom, as arithmetic: each kernel beside its plain-numpy twin, and whole rooms beside a model."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as shaped

from media.plane import layout as c
from media.plane.kernels import mix
from media.plane.kernels.speak import compose
from media.plane.sound_ring import SoundRing
from tests.testkit.virtual_room import VirtualRooms

MUTED, HELD, COACHING = c.MEMBER_MUTED, c.MEMBER_HELD, c.MEMBER_COACHING

frames = shaped.arrays(np.int16, c.FRAME, elements=st.integers(-32768, 32767))
sums = shaped.arrays(np.int32, c.FRAME, elements=st.integers(-500 * 32768, 500 * 32767))


def clipped(total):
    return np.clip(total, -32768, 32767).astype(np.int16)


@given(sums, frames)
def test_a_sum_is_wide_and_clipped_last(total, own):
    expected, target = total.copy(), np.zeros(c.FRAME, np.int16)
    mix.clip(total, target)
    assert np.array_equal(target, clipped(expected))
    mix.clip_others(total, own, target)
    assert np.array_equal(target, clipped(expected - own))
    mix.add(total, own)
    mix.add(total, own)
    mix.subtract(total, own)
    assert np.array_equal(total, expected + own)
    mix.clear(total)
    assert not total.any()


@settings(max_examples=25)
@given(st.data())
def test_members_hear_the_others_in_every_combination_of_mute_hold_coach_and_prompts(data):
    count = data.draw(st.integers(1, 5))
    apart = [data.draw(st.sampled_from((0, 0, MUTED, HELD, MUTED | HELD))) for _ in range(count)]
    pupils = [data.draw(st.none() | st.integers(0, count - 1)) for _ in range(count)]
    coached = [None if pupil == row else pupil for row, pupil in enumerate(pupils)]
    said = {row: data.draw(frames) for row in range(count)}
    own_prompt = {row: data.draw(frames) for row in range(count) if data.draw(st.booleans())}
    room_prompt = data.draw(st.none() | frames)
    rooms = VirtualRooms(count)
    for row in range(count):
        rooms.join(row, 0, apart[row])
    for row, other in enumerate(coached):
        if other is not None:
            rooms.about(c.COACH, row, 0, other, 1)
    for row, sound in own_prompt.items():
        rooms.tell(c.PLAY_PROMPT, row, 1, sound.ctypes.data, c.FRAME, 0)
    if room_prompt is not None:
        rooms.tell(c.PLAY_PROMPT, c.ROOM_BASE, 1, room_prompt.ctypes.data, c.FRAME, 0)

    told = rooms.tick(said)

    for row in range(count):
        expected = own_prompt.get(row, np.zeros(c.FRAME)).astype(np.int64)
        if not apart[row] & HELD:
            expected = expected + (0 if room_prompt is None else room_prompt)
            for other in range(count):
                hears = coached[other] in (None, row) and apart[other] == 0 and other != row
                expected = expected + (said[other] if hears else 0)
        assert np.array_equal(told[row], clipped(expected))


def test_own_loudness_never_distorts_what_a_member_hears():
    rooms = VirtualRooms(2)
    rooms.join(0)
    rooms.join(1)
    quiet = np.arange(-80, 80, dtype=np.int16)
    told = rooms.tick({0: np.full(c.FRAME, 32767, np.int16), 1: quiet})
    assert np.array_equal(told[0], quiet)


def test_a_prompt_takes_the_place_of_the_other_leg_of_a_bridge():
    rooms = VirtualRooms(2, is_bridge=True)
    rooms.join(0)
    rooms.join(1)
    prompt = np.full(100, 7, np.int16)
    rooms.tell(c.PLAY_PROMPT, 0, 1, prompt.ctypes.data, 100, 1)
    told = rooms.tick({0: np.full(c.FRAME, 3, np.int16), 1: np.full(c.FRAME, 5, np.int16)})
    assert np.array_equal(told[0], np.concatenate([np.full(100, 7), np.zeros(60)]))
    assert np.array_equal(told[1], np.full(c.FRAME, 3))


@settings(max_examples=20)
@given(frames, frames, st.sampled_from([0, MUTED, HELD]), st.booleans())
def test_a_bridge_sounds_as_a_room_of_the_same_two(first, second, apart, recorded):
    told = []
    for is_bridge in (True, False):
        rooms = VirtualRooms(2, is_bridge=is_bridge)
        rooms.join(0)
        rooms.join(1, 0, apart)
        if recorded:
            ring = SoundRing()
            rooms.tell(c.ADD_TAP, c.ROOM_BASE, 1, ring.address, c.TAP_IN)
        told.append(rooms.tick({0: first, 1: second}))
    assert np.array_equal(told[0][0], told[1][0])
    assert np.array_equal(told[0][1], told[1][1])


def test_one_who_was_not_heard_in_this_tick_is_silent_on_a_bridge():
    rooms = VirtualRooms(2, is_bridge=True)
    rooms.join(0)
    rooms.join(1)
    rooms.tick({0: np.full(c.FRAME, 3, np.int16), 1: np.full(c.FRAME, 5, np.int16)})
    rooms.table.legs[1].last_turn -= c.FRAME // 2

    compose(rooms.table, rooms.lane, rooms.table.legs[0])

    assert not rooms.lane.spoken.any()


def test_one_who_is_alone_on_a_bridge_hears_silence():
    rooms = VirtualRooms(2, is_bridge=True)
    rooms.join(0)
    rooms.join(1)
    rooms.tick({0: np.full(c.FRAME, 3, np.int16), 1: np.full(c.FRAME, 5, np.int16)})
    rooms.about(c.LEAVE, 1)
    told = rooms.tick({0: np.full(c.FRAME, 3, np.int16)})
    assert not told[0].any()


def test_levels_follow_who_is_heard_and_fall_to_nothing_when_muted():
    rooms = VirtualRooms(2)
    rooms.join(0)
    rooms.join(1, 0, MUTED)
    loud = np.full(c.FRAME, 1600, np.int16)
    for _ in range(60):
        rooms.tick({0: loud, 1: loud})
    assert 0.999 < rooms.table.legs[0].power / (160 * 100**2) <= 1
    assert rooms.table.legs[1].power == 0
    rooms.about(c.SET_MEMBER, 0, 0, MUTED, 1)
    rooms.tick({0: loud})
    assert rooms.table.legs[0].power == 0
