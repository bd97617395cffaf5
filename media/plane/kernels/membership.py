"""Who is in which phase and room: lists that change between ticks and are walked in them.

A leg that is in no room stands in its phase's list; the members of a room form a chain of their
own, so that they can be heard and spoken to together, and the rooms of a phase a list again.
"""

from __future__ import annotations

from media.plane import layout as c
from media.plane.compiled import hot, kernel
from media.plane.kernels.gain import change_shape, end_shape
from media.plane.kernels.speech import leave_contest
from media.plane.legs import Array, Integer, LegRow, LegTable, RoomRow

NOBODY = -1
ROOM, ROOM_GENERATION, FIRST = 3, 4, 5
"""Where a command about a leg and a room has these, and the arguments that follow."""


@hot
def enter_list(rows: Array, count: Array, entry: LegRow | RoomRow, index: Integer) -> None:
    """Append a leg or room to the list of its phase."""
    entry.phase_index = count[entry.phase]
    rows[entry.phase, entry.phase_index] = index
    count[entry.phase] += 1


@hot
def leave_list(rows: Array, count: Array, records: Array, entry: LegRow | RoomRow) -> None:
    """Take a leg or room out of the list of its phase; the last one takes its place."""
    count[entry.phase] -= 1
    moved = rows[entry.phase, count[entry.phase]]
    rows[entry.phase, entry.phase_index] = moved
    records[moved].phase_index = entry.phase_index


@hot
def enter_phase(table: LegTable, leg: LegRow) -> None:
    """Let a leg take its turn among those that are in no room."""
    enter_list(table.active, table.lanes[0].active_count, leg, leg.row)


@hot
def leave_phase(table: LegTable, leg: LegRow) -> None:
    """Take a leg that is in no room out of its phase."""
    leave_list(table.active, table.lanes[0].active_count, table.legs, leg)


@hot
def _end_coaching(table: LegTable, leg: LegRow) -> None:
    """Take a leg out of the chain of those who coach the same one."""
    if leg.coached < 0:
        return
    coached = table.legs[leg.coached]
    if coached.coach == leg.row:
        coached.coach = leg.next_coach
    else:
        before = table.legs[coached.coach]
        while before.next_coach != leg.row:
            before = table.legs[before.next_coach]
        before.next_coach = leg.next_coach
    leg.coached = NOBODY
    leg.next_coach = NOBODY


@hot
def _lose_coaches(table: LegTable, leg: LegRow) -> None:
    """Part a leg from its coaches: nobody hears them now, least of all the room."""
    row = leg.coach
    leg.coach = NOBODY
    while row >= 0:
        coach = table.legs[row]
        row = coach.next_coach
        coach.coached = NOBODY
        coach.next_coach = NOBODY


@kernel
def part(table: LegTable, leg: LegRow) -> None:
    """Take a leg out of the room it is in, if it is in one; it goes on in the same phase."""
    if leg.room < 0:
        return
    room = table.rooms[leg.room]
    _end_coaching(table, leg)
    _lose_coaches(table, leg)
    if leg.previous_member >= 0:
        table.legs[leg.previous_member].next_member = leg.next_member
    else:
        room.first_member = leg.next_member
    if leg.next_member >= 0:
        table.legs[leg.next_member].previous_member = leg.previous_member
    room.member_count -= 1
    leg.room = leg.next_member = leg.previous_member = NOBODY
    leg.listeners -= 1
    leg.voiced = 0
    leg.apart = 0
    leave_contest(room, leg)
    end_shape(leg)
    enter_phase(table, leg)


@hot
def _named_room(table: LegTable, command: Array) -> Integer:
    """Return the room that a command about a member names, or -1 when that one is over."""
    index = command[ROOM] - c.ROOM_BASE
    room = table.rooms[index]
    if room.generation != command[ROOM_GENERATION] or room.in_use == 0 or room.closing:
        return NOBODY
    return index


@hot
def _join(table: LegTable, leg: LegRow, index: Integer, apart: Integer) -> None:
    """Put a leg into a room and its phase, heard by it unless there is a reason to be ``apart``.

    Its next turn is 20 ms after its last one, or up to 15 ms later.
    """
    if leg.closing:
        return
    part(table, leg)
    leave_phase(table, leg)
    room = table.rooms[index]
    leg.room, leg.phase, leg.apart = index, room.phase, apart
    leg.next_member, leg.previous_member = room.first_member, NOBODY
    if room.first_member >= 0:
        table.legs[room.first_member].previous_member = leg.row
    room.first_member = leg.row
    room.member_count += 1
    leg.listeners += 1


@hot
def _coach(table: LegTable, leg: LegRow, command: Array) -> None:
    """Let only one leg (row, generation) hear a member, or everybody again (-1)."""
    _end_coaching(table, leg)
    if command[FIRST] < 0:
        leg.apart &= ~c.MEMBER_COACHING
        return
    leg.apart |= c.MEMBER_COACHING
    coached = table.legs[command[FIRST]]
    if coached.generation == command[FIRST + 1] and coached.room == leg.room:
        leg.coached, leg.next_coach = coached.row, coached.coach
        coached.coach = leg.row


@kernel
def change_membership(table: LegTable, leg: LegRow, command: Array) -> None:
    """Carry out a command about a leg and a room: kind, the leg, the room (row, generation), arguments."""
    index, kind = _named_room(table, command), command[0]
    if index < 0:
        return
    if kind == c.JOIN:
        _join(table, leg, index, command[FIRST])
    elif leg.room != index:
        return
    elif kind == c.LEAVE:
        part(table, leg)
    elif kind == c.SHAPE:
        change_shape(leg, command[FIRST])
    elif kind == c.COACH:
        _coach(table, leg, command)
    elif command[FIRST + 1]:
        leg.apart |= command[FIRST]
    else:
        leg.apart &= ~command[FIRST]
