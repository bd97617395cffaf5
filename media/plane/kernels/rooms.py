"""A room's own part of a tick: the prompts that everybody hears, the recording; and its commands."""

from __future__ import annotations

import numpy as np

from media.plane import layout as c
from media.plane.compiled import hot, kernel
from media.plane.kernels.bands import add_wide_prompt, begin_bands
from media.plane.kernels.membership import NOBODY, enter_list, leave_list, part
from media.plane.kernels.mix import clear, clip
from media.plane.kernels.prompts import begin_prompt, say_prompt
from media.plane.kernels.rings import tell
from media.plane.kernels.speech import begin_contest, end_contest
from media.plane.kernels.taps import change_taps, copy_room_taps
from media.plane.legs import Array, Integer, Lane, LegTable, PlayerRow, RoomRow


@hot
def _open(table: LegTable, room: RoomRow, is_bridge: Integer) -> None:
    lane = table.lanes[0]
    room.is_bridge = is_bridge
    room.in_use = 1
    room.last_turn = lane.now_samples - c.FRAME
    enter_list(table.active_rooms, lane.room_count, room, room.row - c.ROOM_BASE)


@hot
def _close(table: LegTable, room: RoomRow) -> None:
    while room.first_member >= 0:
        part(table, table.legs[room.first_member])
    if room.closing == c.STAYING:
        room.closing = c.CLOSING
        table.lanes[0].leaving += 1


@hot
def _first_player(room: RoomRow) -> Integer:
    return (room.row - c.ROOM_BASE) * c.PLAYERS


@hot
def _play(table: LegTable, room: RoomRow, command: Array) -> None:
    """Begin a prompt on a free player; the event loop never asks for more than there are."""
    for place in range(_first_player(room), _first_player(room) + c.PLAYERS):
        player = table.players[place]
        if player.prompt_address == 0:
            begin_prompt(player, command)
            player.row, player.generation = room.row, room.generation
            room.playing += 1
            return
    tell(table.lanes[0], room, c.FREED, command[c.ARGUMENTS])


@hot
def _stop(table: LegTable, room: RoomRow, number: Integer) -> None:
    """Let go of the prompt with that number, if it still plays."""
    for place in range(_first_player(room), _first_player(room) + c.PLAYERS):
        player = table.players[place]
        if player.prompt_address != 0 and player.prompt == number:
            player.prompt_address = 0
            room.playing -= 1
            tell(table.lanes[0], room, c.FREED, number)


@kernel
def change_room(table: LegTable, room: RoomRow, command: Array) -> None:
    """Carry out a command about a room."""
    kind = command[0]
    if room.generation != command[2]:
        return
    if kind == c.OPEN:
        _open(table, room, command[c.ARGUMENTS])
    elif room.in_use == 0 or room.closing:
        return
    elif kind == c.CLOSE:
        _close(table, room)
    elif kind == c.PLAY_PROMPT:
        _play(table, room, command)
    elif kind == c.STOP_PROMPT:
        _stop(table, room, command[c.ARGUMENTS])
    elif kind == c.WATCH:
        room.watched = command[c.ARGUMENTS]
    else:
        change_taps(table.lanes[0], room, kind, command)


@hot
def _add_prompt(lane: Lane, room: RoomRow, player: PlayerRow) -> None:
    said = say_prompt(lane, player, room.wide)
    for j in range(said):
        room.total[j] = np.int32(room.total[j] + np.int32(lane.spoken[j]))
    if room.wide:
        add_wide_prompt(lane, room, said)


@hot
def _is_direct(table: LegTable, room: RoomRow) -> Integer:
    """Tell whether nothing but what the other says is heard by each member of a bridge: no sum is needed."""
    if room.is_bridge == 0 or room.member_count != 2 or room.playing > 0 or room.tap_count > 0:
        return np.int64(0)
    first = table.legs[room.first_member]
    return np.int64(room.wide == 0 and first.coach < 0 and table.legs[first.next_member].coach < 0)


@hot
def begin_turn(table: LegTable, lane: Lane, room: RoomRow) -> None:
    """Begin the room's sum of this tick with what it plays itself."""
    room.missed = (lane.now_samples - room.last_turn) // c.FRAME - 1
    room.last_turn = lane.now_samples
    begin_bands(room)
    begin_contest(room)
    room.direct = _is_direct(table, room)
    if room.direct:
        return
    clear(room.total)
    if room.playing > 0:
        for place in range(_first_player(room), _first_player(room) + c.PLAYERS):
            player = table.players[place]
            if player.prompt_address != 0 and player.prompt_ended == 0:
                _add_prompt(lane, room, player)


@kernel
def _report_ends(table: LegTable, lane: Lane, room: RoomRow) -> None:
    for place in range(_first_player(room), _first_player(room) + c.PLAYERS):
        player = table.players[place]
        if player.prompt_ended and tell(lane, player, c.FINISHED, player.prompt):
            player.prompt_ended = 0
            player.prompt_address = 0
            room.playing -= 1


@hot
def end_turn(table: LegTable, lane: Lane, room: RoomRow) -> None:
    """Record the sum, and tell who leads and of prompts that everybody has heard to their end."""
    end_contest(table, lane, room)
    if room.tap_count > 0:
        clip(room.total, lane.spoken)
        copy_room_taps(lane, room)
    if room.playing > 0:
        _report_ends(table, lane, room)


@kernel
def release_room(table: LegTable, room: RoomRow) -> None:
    """Take a closing room out of the tick, unless the event ring has no room to say so yet."""
    lane = table.lanes[0]
    if tell(lane, room, c.RELEASED, NOBODY):
        leave_list(table.active_rooms, lane.room_count, table.rooms, room)
        room.in_use = 0
        lane.leaving -= 1
