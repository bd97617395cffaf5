"""Bands in the tick, against numpy's convolution; rooms in which not everybody hears above 4 kHz."""

import numpy as np

from media.codecs.bands import FROM_BANDS, TAPS, TO_BANDS
from media.plane import layout as c
from media.plane.kernels.bands import end_bands, hear_bands, narrow, widen
from media.plane.kernels.mix import hear_member
from media.plane.kernels.rooms import begin_turn
from media.plane.kernels.speak import compose
from tests.testkit.virtual_leg import VirtualLeg
from tests.testkit.virtual_room import VirtualRooms

RANDOM = np.random.default_rng(11)


def noise(samples: int) -> np.ndarray:
    return RANDOM.integers(-6000, 6000, samples, np.int16)


def filtered(sound: np.ndarray, taps: np.ndarray) -> np.ndarray:
    return np.convolve(np.concatenate([np.zeros(TAPS - 1), sound]), taps, "valid")


def test_bands_are_led_to_narrowband_sound_over_frames():
    leg = VirtualLeg(wide=1)
    low, high = noise(640), noise(640)
    heard = []
    for start in range(0, 640, c.FRAME):
        leg.wide[0].heard_bands[0] = low[start : start + c.FRAME]
        leg.wide[0].heard_bands[1] = high[start : start + c.FRAME]
        narrow(leg.lane, leg.leg)
        heard.append(leg.leg.heard.copy())
    wanted = filtered(low, FROM_BANDS[0]) + filtered(high, FROM_BANDS[1])
    assert np.max(np.abs(np.concatenate(heard) - wanted)) <= 1


def test_narrowband_sound_is_led_to_bands_over_frames():
    leg = VirtualLeg(wide=1)
    sound, sums = noise(640), []
    for start in range(0, 640, c.FRAME):
        total = np.full((2, c.FRAME), 100, np.int32)
        widen(leg.lane, sound[start : start + c.FRAME], leg.wide[0].extra_past, total)
        sums.append(total - 100)
    wanted = np.stack([filtered(sound, taps) for taps in TO_BANDS])
    assert np.max(np.abs(np.concatenate(sums, axis=1) - wanted)) <= 2


def test_a_leg_that_hears_nothing_yet_is_silent_in_both_bands():
    leg = VirtualLeg(wide=1, started=0)
    leg.leg.heard[:], leg.wide[0].heard_bands[:] = 9, 9
    hear_bands(leg.lane, leg.leg)
    assert not np.any(leg.wide[0].heard_bands)
    assert not np.any(leg.leg.heard)


class MixedRoom(VirtualRooms):
    """Members 0 and 1 hear wideband, 2 and 3 do not."""

    def __init__(self) -> None:
        super().__init__(4)
        for row in range(4):
            self.join(row)
            self.table.legs[row].wide = int(row < 2)

    def pass_tick(self, bands: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
        """Let each member say its bands, of which the lower one is all that narrowband has."""
        self.lane.now_samples += c.FRAME
        room = self.table.rooms[0]
        begin_turn(self.table, self.lane, room)
        for row in self.members():
            leg = self.table.legs[row]
            leg.last_turn = self.lane.now_samples
            leg.heard[:] = bands[row][0]
            self.wide[row].heard_bands[:] = bands[row]
            hear_member(self.lane, room, leg)
        end_bands(self.lane, room)
        told = {}
        for row in self.members():
            compose(self.table, self.lane, self.table.legs[row])
            told[row] = self.lane.spoken_bands.copy()
        return told


def test_a_wideband_member_hears_the_bands_of_the_others_and_narrowband_led_to_bands():
    room, ticks = MixedRoom(), 5
    said = {row: np.stack([noise(ticks * c.FRAME), noise(ticks * c.FRAME)]) for row in range(4)}
    told = []
    for tick in range(ticks):
        part = slice(tick * c.FRAME, (tick + 1) * c.FRAME)
        told.append(room.pass_tick({row: bands[:, part] for row, bands in said.items()}))
    # The room learns in its first tick that somebody hears wideband.
    narrowband = np.concatenate([np.zeros(c.FRAME), (said[2] + said[3].astype(int))[0, c.FRAME :]])
    for row, other in ((0, 1), (1, 0)):
        heard = np.concatenate([each[row] for each in told], axis=1)[:, c.FRAME :]
        led = np.stack([filtered(narrowband, taps) for taps in TO_BANDS])
        wanted = (led + said[other])[:, c.FRAME :]
        assert np.max(np.abs(heard - np.clip(wanted, -32767, 32767))) <= 3


def test_a_room_of_narrowband_members_does_nothing_more():
    room = VirtualRooms(2)
    room.join(0)
    room.join(1)
    room.tick({0: noise(c.FRAME), 1: noise(c.FRAME)})
    room.tick({0: noise(c.FRAME), 1: noise(c.FRAME)})
    assert not np.any(room.table.rooms[0].bands)
    assert room.table.rooms[0].wide == 0


def begin(player, bands: np.ndarray, loops: int = 0) -> None:
    """Let a leg or a room play ``bands``, whose lower one is also its narrowband sound unless that is set."""
    player.prompt_samples, player.prompt_loops = bands.shape[1], loops
    player.prompt_address = player.prompt_bands = int(bands.ctypes.data)


def test_a_leg_says_the_bands_of_its_prompt_over_frames_and_around_its_end():
    leg = VirtualLeg(wide=1, room=-1)
    bands = noise(2 * 400).reshape(2, 400)
    begin(leg.leg, bands, loops=2)
    said = []
    for _ in range(6):
        compose(leg.table, leg.lane, leg.leg)
        said.append(leg.lane.spoken_bands.copy())
    wanted = np.concatenate([bands, bands, np.zeros((2, 160), np.int16)], axis=1)
    assert np.array_equal(np.concatenate(said, axis=1), wanted)


def test_a_leg_that_has_become_narrowband_says_the_same_prompt_from_the_same_place():
    leg = VirtualLeg(wide=1, room=-1)
    narrow, bands = noise(480), noise(2 * 480).reshape(2, 480)
    begin(leg.leg, bands)
    leg.leg.prompt_address = int(narrow.ctypes.data)
    compose(leg.table, leg.lane, leg.leg)
    leg.leg.wide = 0
    compose(leg.table, leg.lane, leg.leg)
    assert np.array_equal(leg.lane.spoken, narrow[c.FRAME : 2 * c.FRAME])


def test_a_room_plays_bands_to_who_hears_them_beside_narrowband_sound():
    room = MixedRoom()
    silent = dict.fromkeys(range(4), np.zeros((2, c.FRAME), np.int16))
    room.pass_tick(silent)
    bands, narrow = noise(2 * 480).reshape(2, 480), noise(480)
    begin(room.table.players[0], bands)
    room.table.players[0].prompt_address = int(narrow.ctypes.data)
    room.table.rooms[0].playing = 1
    told = room.pass_tick(silent)
    for row in (0, 1):
        assert np.array_equal(told[row], bands[:, : c.FRAME])
    assert np.array_equal(room.table.rooms[0].total, narrow[: c.FRAME].astype(np.int32))
