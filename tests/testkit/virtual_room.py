"""Rooms of the leg table in virtual time: commands in, what members are told out, no socket, no thread."""

from typing import Any

import numpy as np

from media.plane import layout as c
from media.plane.kernels import rings
from media.plane.kernels.commands import carry_out
from media.plane.kernels.mix import hear_member
from media.plane.kernels.rooms import begin_turn, end_turn
from media.plane.kernels.speak import compose
from media.plane.kernels.speech import follow_party, frame_power
from media.plane.legs import WIDE, allocate, clear_room, clear_row
from media.sound import Samples


class VirtualRooms:
    """A table of open legs, all with a frame to hear in every tick, and open rooms, all in phase 1."""

    def __init__(self, legs: int, rooms: int = 1, is_bridge: bool = False) -> None:
        self.table = allocate(max(legs, rooms))
        self.lane: Any = self.table.lane
        self.wide: Any = np.zeros(legs, WIDE).view(np.recarray)
        for row in range(legs):
            leg = self.table.legs[row]
            clear_row(leg)
            leg.wide_address = self.wide.ctypes.data + row * WIDE.itemsize
            leg.row, leg.generation, leg.phase, leg.started = row, 1, row % c.PHASES, 1
            self.tell(c.OPEN, row)
        for index in range(rooms):
            room = self.table.rooms[index]
            clear_room(room)
            room.row, room.generation, room.phase = c.ROOM_BASE + index, 1, 1
            self.tell(c.OPEN, c.ROOM_BASE + index, int(is_bridge))

    def tell(self, kind: int, row: int, *arguments: int) -> None:
        """Carry out a command about a leg or a room of the first generation."""
        words = np.zeros(c.COMMAND_WORDS, np.int64)
        words[: 3 + len(arguments)] = kind, row, 1, *arguments
        carry_out(self.table, words)

    def about(self, kind: int, row: int, room: int = 0, *arguments: int) -> None:
        """Carry out a command about a leg and a room."""
        self.tell(kind, row, c.ROOM_BASE + room, 1, *arguments)

    def join(self, row: int, room: int = 0, apart: int = 0) -> None:
        self.about(c.JOIN, row, room, apart)

    def members(self, room: int = 0) -> list[int]:
        """Return the chain of a room, checked in both directions."""
        found, before = [], -1
        row = int(self.table.rooms[room].first_member)
        while row >= 0:
            leg = self.table.legs[row]
            assert (int(leg.previous_member), int(leg.room)) == (before, room)
            found.append(row)
            before, row = row, int(leg.next_member)
        assert len(found) == self.table.rooms[room].member_count
        return found

    def tick(self, frames: dict[int, Samples], room: int = 0) -> dict[int, Samples]:
        """Let every member's party say a frame; return what each member's party is told in this tick."""
        self.lane.now_samples += c.FRAME
        record = self.table.rooms[room]
        begin_turn(self.table, self.lane, record)
        for row in self.members(room):
            leg = self.table.legs[row]
            leg.last_turn = self.lane.now_samples
            leg.heard[:] = frames.get(row, 0)
            follow_party(leg, frame_power(leg.heard))
            hear_member(self.lane, record, leg)
        told = {}
        for row in self.members(room):
            compose(self.table, self.lane, self.table.legs[row])
            told[row] = self.lane.spoken.copy()
        end_turn(self.table, self.lane, record)
        return told

    def events(self) -> list[tuple[int, int, int]]:
        """Return kind, row and value of what was told to the event loop since the last time."""
        told, words = [], np.zeros(c.EVENT_WORDS, np.int64)
        while rings.pull(self.lane.events, self.lane.event_ends, words):
            told.append((int(words[0]), int(words[1]), int(words[3])))
        return told
