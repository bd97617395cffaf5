"""Rooms through real sockets: everybody speaks a tone of its own, and everybody says what it hears."""

import asyncio
from functools import partial

import numpy as np
import pytest

from media.errors import MediaMisuse
from media.plane import layout as c
from media.plane.errors import SoundInterrupted
from media.plane.leg_statistics import SILENCE_DBFS
from media.plane.plane import MediaPlane
from media.plane.room import Room
from media.prompts import Prompt
from tests.testkit.outside_sound import tone
from tests.testkit.ports import free_udp_range
from tests.testkit.rtp_peer import PCMA, PCMU
from tests.testkit.talkers import AMPLITUDE, Talker, Talkers, dbfs, levels_of, talkers
from tests.testkit.waiting import eventually

BEEP_HZ = 3500


def prompt(seconds: float, frequency: float = BEEP_HZ) -> Prompt:
    return Prompt(tone(frequency, seconds, AMPLITUDE), 8000, f"{frequency} Hz", "")


def all_in(room: Room, parties: Talkers) -> None:
    for party in parties:
        room.join(party.leg)


async def test_five_members_hear_the_four_others_at_their_level_and_never_themselves(
    plane: MediaPlane,
) -> None:
    async with talkers(plane, 5, (PCMU, PCMA)) as parties:
        room = plane.room()
        all_in(room, parties)
        await parties.hear_all_others()
        assert [party.loudest_of(party.frequency) < -50 for party in parties] == [True] * 5
        assert (plane.statistics().rooms, plane.statistics().room_members) == (1, 5)
        room.close()
        await room.wait_closed()
        await parties.hear({number: () for number in range(5)})
    now = plane.statistics()
    assert (now.rooms, now.room_members, now.bridges, now.legs, now.sounds_held) == (0, 0, 0, 0, 0)


async def test_a_muted_member_hears_and_is_not_heard_until_it_is_unmuted(plane: MediaPlane) -> None:
    async with talkers(plane, 3) as parties:
        room = plane.room()
        room.join(parties[0].leg, muted=True)
        room.join(parties[1].leg)
        room.join(parties[2].leg)
        await parties.hear({0: (1, 2), 1: (2,), 2: (1,)})
        assert parties[1].loudest_of(parties[0].frequency) < -50
        room.mute(parties[0].leg, False)
        await parties.hear_all_others()
        room.mute(parties[0].leg, True)
        await parties.hear({0: (1, 2), 1: (2,), 2: (1,)})


async def test_a_held_member_hears_its_own_music_and_nobody_hears_it(plane: MediaPlane) -> None:
    async with talkers(plane, 3) as parties:
        room = plane.room()
        all_in(room, parties)
        room.hold(parties[0].leg, True)
        music = asyncio.create_task(parties[0].leg.play(prompt(1.0), loops=0))
        await parties.hear({0: (), 1: (2,), 2: (1,)})
        await eventually(lambda: parties[0].level_of(BEEP_HZ) > -22, 2, "the music is heard")
        assert parties[1].loudest_of(BEEP_HZ) < -50
        music.cancel()
        room.hold(parties[0].leg, False)
        await parties.hear_all_others()


async def test_only_the_coached_member_hears_its_coach(plane: MediaPlane) -> None:
    async with talkers(plane, 4) as parties:
        room = plane.room()
        for party in parties[1:]:
            room.join(party.leg)
        room.join(parties[0].leg, coached=parties[1].leg)
        await parties.hear({0: (1, 2, 3), 1: (0, 2, 3), 2: (1, 3), 3: (1, 2)})
        assert parties[2].loudest_of(parties[0].frequency) < -50
        room.coach(parties[0].leg, parties[2].leg)
        await parties.hear({0: (1, 2, 3), 1: (2, 3), 2: (0, 1, 3), 3: (1, 2)})
        room.leave(parties[2].leg)
        await parties.hear({0: (1, 3), 1: (3,), 2: (), 3: (1,)})
        room.coach(parties[0].leg, None)
        await parties.hear({0: (1, 3), 1: (0, 3), 3: (0, 1)})


async def test_who_comes_and_goes_makes_no_gap_for_the_others(plane: MediaPlane) -> None:
    async with talkers(plane, 4) as parties:
        room = plane.room()
        for party in parties[:2]:
            room.join(party.leg)
        await parties.hear({0: (1,), 1: (0,)})
        begun = asyncio.get_running_loop().time()
        for party in parties[2:]:
            room.join(party.leg)
        await parties.hear_all_others()
        room.leave(parties[2].leg)
        parties[3].leg.close()
        await parties.hear({0: (1,), 1: (0,), 2: ()})
        room.join(parties[2].leg)
        await parties.hear({0: (1, 2), 1: (0, 2), 2: (0, 1)})

        def steady() -> np.ndarray:
            return levels_of(parties[0].peer.heard(begun), parties[1].frequency)

        await eventually(lambda: len(steady()) > 30, 5, "0.6 s are heard")
        assert np.all(np.abs(steady() - dbfs(AMPLITUDE)) < 1.5), steady()
        assert parties[0].peer.gaps().missing == 0


async def test_everybody_hears_what_the_room_plays_and_it_returns_when_it_was_sent(plane: MediaPlane) -> None:
    async with talkers(plane, 3, (PCMA, PCMU)) as parties:
        room = plane.room()
        all_in(room, parties)
        room.mute(parties[2].leg, True)
        await room.play(prompt(0.4), loops=2)
        await eventually(
            lambda: min(_beeped(party) for party in parties) >= 0.78, 2, "0.8 s are heard by each"
        )
        assert max(_beeped(party) for party in parties) <= 0.82
        assert plane.statistics().sounds_held == 0


def _beeped(party: Talker) -> float:
    return float(0.02 * np.count_nonzero(levels_of(party.peer.heard(), BEEP_HZ) > -24))


async def test_prompts_of_a_room_are_mixed_and_each_is_stopped_by_itself(plane: MediaPlane) -> None:
    async with talkers(plane, 2) as parties:
        room = plane.room()
        all_in(room, parties)
        music = asyncio.create_task(room.play(prompt(1.0, 2900), loops=0))
        beep = asyncio.create_task(room.play(prompt(1.0, 3300), loops=0))
        await eventually(
            lambda: all(abs(parties[0].level_of(each) - dbfs(AMPLITUDE)) < 0.7 for each in (2900, 3300)),
            3,
            "both are heard at their level",
        )
        music.cancel()
        await eventually(lambda: parties[0].level_of(2900) < -50, 3, "the music has stopped")
        assert parties[0].level_of(3300) > -22
        await parties.hear_all_others()
        room.close()
        with pytest.raises(SoundInterrupted, match="room was closed"):
            await beep


async def test_a_fifth_prompt_waits_until_another_ends(plane: MediaPlane) -> None:
    async with talkers(plane, 1) as parties:
        room = plane.room()
        all_in(room, parties)
        four = [asyncio.create_task(room.play(prompt(1.0, 1000 + 400 * n), loops=0)) for n in range(4)]
        fifth = asyncio.create_task(room.play(prompt(0.2)))
        await eventually(lambda: parties[0].level_of(2200) > -22, 3, "the fourth is heard")
        assert parties[0].loudest_of(BEEP_HZ) < -50
        four[0].cancel()
        await asyncio.wait_for(fifth, 3)
        for task in four:
            task.cancel()


async def test_an_announcement_to_one_member_is_mixed_over_the_room(plane: MediaPlane) -> None:
    async with talkers(plane, 3) as parties:
        room = plane.room()
        all_in(room, parties)
        announcement = asyncio.create_task(parties[0].leg.play(prompt(1.0), loops=0))
        await eventually(lambda: parties[0].level_of(BEEP_HZ) > -22, 3, "the announcement is heard")
        await parties.hear_all_others()
        assert max(parties[1].loudest_of(BEEP_HZ), parties[2].loudest_of(BEEP_HZ)) < -50
        announcement.cancel()


async def test_a_tap_has_the_whole_mix_and_the_length_of_its_time(plane: MediaPlane) -> None:
    async with talkers(plane, 3) as parties:
        room = plane.room()
        reader = room.tap()
        for party in parties[:2]:
            room.join(party.leg)
        room.join(parties[2].leg, coached=parties[0].leg)
        playing = asyncio.create_task(room.play(prompt(1.0), loops=0))
        await parties.hear({0: (1, 2), 1: (0,), 2: (0, 1)})
        reader.read()
        begun = asyncio.get_running_loop().time()
        await eventually(lambda: reader.available >= 3200, 3, "0.4 s are recorded")
        took = asyncio.get_running_loop().time() - begun
        recorded = reader.read()
        wanted = {parties[0].frequency, parties[1].frequency, BEEP_HZ}
        for frequency in (*wanted, parties[2].frequency):
            level = levels_of(recorded, frequency, 3200)[0]
            assert (abs(level - dbfs(AMPLITUDE)) < 0.3) == (frequency in wanted), (frequency, level)
        assert abs(len(recorded) / 8000 - took) < 0.08
        playing.cancel()
        reader.close()
        await eventually(lambda: plane.statistics().sounds_held == 0, 2, "nothing is lent any more")


async def test_an_empty_room_records_silence_and_lets_time_pass(plane: MediaPlane) -> None:
    room = plane.room()
    reader = room.tap()
    await asyncio.wait_for(room.play(prompt(0.1)), 2)
    assert len(reader.read()) >= 800
    await eventually(lambda: reader.available > 800, 2, "silence")
    assert not reader.read()[-320:].any()
    room.close()
    await room.wait_closed()
    assert reader.closed


async def test_levels_tell_who_speaks(plane: MediaPlane) -> None:
    async with talkers(plane, 3) as parties:
        room = plane.room()
        all_in(room, parties)
        room.mute(parties[1].leg, True)
        rms = dbfs(AMPLITUDE) - 3.0
        await eventually(lambda: abs(room.levels()[parties[0].leg] - rms) < 0.5, 3, "the level is right")
        assert room.levels()[parties[1].leg] == SILENCE_DBFS
        assert list(room.levels()) == [party.leg for party in parties] == list(room.members)


async def test_a_leg_is_in_one_room_at_a_time(plane: MediaPlane) -> None:
    async with talkers(plane, 4) as parties:
        one, two = plane.room(), plane.room()
        for party in parties[:3]:
            one.join(party.leg)
        two.join(parties[3].leg)
        await parties.hear({0: (1, 2), 3: ()})
        two.join(parties[2].leg)
        await parties.hear({0: (1,), 1: (0,), 2: (3,), 3: (2,)})
        plane.bridge(parties[0].leg, parties[3].leg)
        await parties.hear({0: (3,), 1: (), 2: (), 3: (0,)})
        assert (plane.statistics().bridges, one.members) == (1, (parties[1].leg,))


async def test_members_of_two_threads_are_brought_together() -> None:
    first, last = free_udp_range(40)
    async with MediaPlane("127.0.0.1", range(first, last + 1), threads=2) as plane:
        async with talkers(plane, 5) as parties:
            assert len({id(party.leg.thread) for party in parties}) == 2
            rooms = [plane.room(), plane.room()]
            reader = parties[0].leg.tap("in")
            for room in rooms:
                for party in parties:
                    room.join(party.leg, muted=party is parties[4])
                await eventually(partial(_are_on, room, parties), 2, "all are on the room's thread")
                await parties.hear({0: (1, 2, 3), 1: (0, 2, 3), 3: (0, 1, 2), 4: (0, 1, 2, 3)})
            assert [party.leg.statistics().packets_lost for party in parties] == [0] * 5
            assert rooms[0].thread is not rooms[1].thread, "the second room has made everybody move"
            sound = levels_of(reader.read(), parties[0].frequency)
            assert np.count_nonzero(sound[10:] < dbfs(AMPLITUDE) - 3) <= 2, sound
            plane.bridge(parties[0].leg, parties[4].leg)
            await parties.hear({0: (4,), 4: (0,)})
            sent = plane.statistics().packets_sent
            parties[1].leg.close()
            assert plane.statistics().packets_sent >= sent
        assert (plane.statistics().legs, plane.statistics().sounds_held) == (0, 0)


def _are_on(room: Room, parties: Talkers) -> bool:
    return all(party.leg.thread is room.thread for party in parties)


async def test_a_leg_that_closes_while_it_moves_to_another_thread_leaves_nothing_behind() -> None:
    first, last = free_udp_range(40)
    async with MediaPlane("127.0.0.1", range(first, last + 1), threads=2) as plane:
        async with talkers(plane, 2) as parties:
            room = plane.room(beside=parties[0].leg)
            room.join(parties[0].leg)
            playing = asyncio.create_task(parties[1].leg.play(prompt(1.0), loops=0))
            await asyncio.sleep(0)
            room.join(parties[1].leg, coached=parties[0].leg)
            parties[1].leg.close()
            assert room.members == (parties[0].leg,)
            with pytest.raises(SoundInterrupted):
                await playing
        room.close()
        await room.wait_closed()
        now = plane.statistics()
        assert (now.legs, now.rooms, now.room_members, now.sounds_held) == (0, 0, 0, 0)


async def test_rooms_are_spread_over_the_phases_of_a_tick(plane: MediaPlane) -> None:
    assert sorted(int(plane.room().row.phase) for _ in range(8)) == [0, 0, 1, 1, 2, 2, 3, 3]
    legs = [plane.open_leg() for _ in range(12)]
    for one, other in zip(legs[::2], legs[1::2], strict=True):
        plane.bridge(one, other)
    phases = [int(leg.thread.phase_of(leg.row)) for leg in legs]
    assert max(phases.count(phase) for phase in range(4)) <= 5


async def test_misuse_of_a_room_is_told_with_its_cure(plane: MediaPlane) -> None:
    room, leg = plane.room(), plane.open_leg()
    with pytest.raises(MediaMisuse, match="let it join first"):
        room.mute(leg, True)
    room.join(leg)
    with pytest.raises(MediaMisuse, match="coach itself"):
        room.coach(leg, leg)
    with pytest.raises(MediaMisuse, match="let it join first"):
        room.join(plane.open_leg(), coached=plane.open_leg())
    assert room.members == (leg,)
    with pytest.raises(MediaMisuse, match="8000"):
        await room.play(Prompt(tone(700, 0.1), 16000, "wide", ""))
    for _ in range(c.TAPS):
        room.tap()
    with pytest.raises(MediaMisuse, match="a room has at most 8 taps"):
        room.tap()
    room.leave(leg)
    room.leave(leg)
    room.close()
    room.close()
    with pytest.raises(MediaMisuse, match="can do nothing any more"):
        room.join(leg)
