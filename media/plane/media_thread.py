"""A media thread with its table, and the event loop's ends of its rings."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from time import monotonic_ns
from typing import NamedTuple, Protocol

import numpy as np

from media.codecs import opus
from media.errors import PlaneFull
from media.plane import layout as c
from media.plane import shield
from media.plane.legs import (
    LANE,
    LEG,
    LegRow,
    Octets,
    RoomRow,
    Words,
    allocate,
    clear_room,
    clear_row,
)
from media.plane.machine_code import Entry
from media.plane.row_words import words_of

REALTIME_PRIORITY = 10
UNEVENNESS = 2
"""So many legs more than the quietest a phase may have to be given a further room."""


class Event(NamedTuple):
    """What the tick tells the event loop; kinds are in :mod:`media.plane.layout`."""

    kind: int
    row: int
    generation: int
    value: int


class PassedPacket(NamedTuple):
    """A datagram that is not sound."""

    row: int
    generation: int
    content: bytes
    sender: Octets
    """Its socket address."""


class Receiver(Protocol):
    """A leg or a room: whom what happens in its row is told to."""

    def receive_event(self, event: Event) -> None: ...

    def receive_packet(self, content: bytes, sender: Octets) -> None: ...


class _Ring:
    """A ring and one end of it: its owner either pushes or pulls the words in ``row``."""

    def __init__(self, entry: str, ring: Words, ends: Words) -> None:
        self.row = np.zeros(ring.shape[1], np.int64)
        self._kept = ring, ends
        self._entry = Entry(entry)
        ring_at, ends_at, row_at = (int(each.ctypes.data) for each in (ring, ends, self.row))
        self._arguments = (ring_at, *ring.shape, ends_at, row_at)

    def move(self) -> int:
        """Push, or pull; 0 when the ring is full, or empty."""
        return self._entry(*self._arguments)


def _blank_row() -> Octets:
    """Return the octets of a row as new: to copy them costs a tenth of clearing field by field."""
    blank = np.zeros(1, LEG).view(np.recarray)
    clear_row(blank[0])
    octets: Octets = blank.view(np.ndarray).view(np.uint8)
    return octets


class MediaThread:
    """Runs the tick for some rows. Its methods are the event loop's."""

    def __init__(self, rows: int, host_octets: int, start_ns: int = 0) -> None:
        self.table = allocate(rows)
        self.lane = self.table.lane
        self.realtime = False
        self.wake_descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        # Not records: an attribute of one costs the event loop ten times as much as a field by name.
        self._legs = self.table.legs.view(LEG, np.ndarray)
        self._octets = self._legs.view(np.uint8).reshape(rows, LEG.itemsize)
        self._blank = _blank_row()
        self._free_rows = list(range(rows - 1, -1, -1))
        self._free_rooms = list(range(rows - 1, -1, -1))
        self._rows_used = 0
        self._claims = count(1)
        self._phase_of: dict[int, int] = {}
        self._phase_load = [0] * c.PHASES
        self._receivers: dict[tuple[int, int], Receiver] = {}
        self._backlog: deque[list[int]] = deque()
        self._commands = _Ring("push", self.lane.commands, self.lane.command_ends)
        self._events = _Ring("pull", self.lane.events, self.lane.event_ends)
        self._packet_ends: Words = self.lane.packet_ends
        self._wall_ahead = self.table.lanes.view(LANE, np.ndarray)["wall_ahead_ns"]
        self.lane.start_ns = start_ns
        self.lane.wake_descriptor = self.wake_descriptor
        self.lane.host_octets = host_octets
        self.lane.protect, self.lane.unprotect = shield.functions()
        self.lane.opus_encode, self.lane.opus_decode = opus.functions()
        # A daemon thread, ended by stop(): exit would wait for another one before it calls stop().
        self._thread = threading.Thread(target=self._run, name="media", daemon=True)

    @property
    def load(self) -> int:
        """Legs and rooms of this thread."""
        return sum(self._phase_load)

    def start(self) -> None:
        # A program that ends without stop() must not free the table under the running tick.
        atexit.register(self.stop)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it: at most a phase."""
        self.lane.stop = 1
        if self._thread.ident is not None:
            self._thread.join()
        atexit.unregister(self.stop)
        if self.wake_descriptor >= 0:
            os.close(self.wake_descriptor)
            self.wake_descriptor = -1

    def _run(self) -> None:
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REALTIME_PRIORITY))
            self.realtime = True
        except OSError:
            self.realtime = False
        scratch, command = np.zeros(2, np.int64), np.zeros(c.COMMAND_WORDS, np.int64)
        given = self.table.addresses(), scratch, command
        Entry("run", waits=True)(*(int(words.ctypes.data) for words in given))

    def claim_row(self, descriptor: int, ssrc: int) -> LegRow:
        """Fill in a free row of the phase with the least to do; it takes part once OPEN is posted."""
        index = self._free_rows.pop()
        leg = self._legs[index]
        self._octets[index] = self._blank
        self._name(leg, index)
        leg["socket"], leg["ssrc"] = descriptor, ssrc
        return leg

    def adopt_row(self, departed: LegRow) -> LegRow:
        """Fill in a free row with one that another thread has let go of; it goes on once ARRIVE is posted."""
        index = self._free_rows.pop()
        leg = self._legs[index]
        self._legs[index] = departed
        self._name(leg, index)
        leg["closing"] = c.STAYING
        return leg

    def _name(self, leg: LegRow, index: int) -> None:
        self._rows_used = max(self._rows_used, index + 1)
        phase = self.quietest_phase()
        leg["row"], leg["generation"], leg["phase"] = index, next(self._claims), phase
        self._enter(index, phase)

    def words_of(self, leg: LegRow) -> memoryview:
        """Return a row by its words, whose places :func:`media.plane.row_words.word_of` tells."""
        return words_of(self._octets[int(leg["row"])])

    def free_row(self, leg: LegRow) -> None:
        """Take back a row that the tick has released."""
        self._free_rows.append(int(leg["row"]))
        self._forget(leg)

    def claim_room(self, phase: int) -> RoomRow:
        """Fill in a free row for a room; it takes part once OPEN is posted. Raises :class:`PlaneFull`."""
        if not self._free_rooms:
            raise PlaneFull("every room of a media thread is in use; close some, or widen the port range")
        index = self._free_rooms.pop()
        room = self.table.rooms[index]
        clear_room(room)
        room.row, room.generation, room.phase = c.ROOM_BASE + index, next(self._claims), phase
        self._enter(int(room.row), phase)
        return room

    def free_room(self, room: RoomRow) -> None:
        """Take back the row of a room that the tick has released."""
        self._free_rooms.append(int(room.row) - c.ROOM_BASE)
        self._forget(room)

    def listen(self, row: LegRow | RoomRow, receiver: Receiver) -> None:
        """Tell ``receiver`` what happens in its row, until that is given back."""
        self._receivers[int(row["row"]), int(row["generation"])] = receiver

    def quietest_phase(self) -> int:
        """Return the phase with the fewest legs and rooms."""
        return min(range(c.PHASES), key=self._phase_load.__getitem__)

    def phase_of(self, leg: LegRow) -> int:
        """Return the phase in which a leg has its turn, once the tick has done what was posted."""
        return self._phase_of[int(leg["row"])]

    def phase_beside(self, leg: LegRow) -> int:
        """Return the phase for a room that begins with ``leg``: the leg's own unless that has too many."""
        phase = self.phase_of(leg)
        quietest = self.quietest_phase()
        return phase if self._phase_load[phase] <= self._phase_load[quietest] + UNEVENNESS else quietest

    def change_phase(self, leg: LegRow, phase: int) -> None:
        """Take note that a leg joins a room of that phase."""
        self._exit(int(leg["row"]))
        self._enter(int(leg["row"]), phase)

    def _enter(self, row: int, phase: int) -> None:
        self._phase_of[row] = phase
        self._phase_load[phase] += 1

    def _exit(self, row: int) -> None:
        self._phase_load[self._phase_of.pop(row)] -= 1

    def _forget(self, row: LegRow | RoomRow) -> None:
        index = int(row["row"])
        self._exit(index)
        self._receivers.pop((index, int(row["generation"])), None)

    def post(self, kind: int, row: int, generation: int, *arguments: int) -> None:
        """Ask the tick for something; carried out within a phase, in the order of the calls."""
        self._backlog.append([kind, row, generation, *arguments])
        if len(self._backlog) == 1:
            self.post_backlog()

    def post_backlog(self) -> None:
        """Move what the ring had no room for into it; the rest a phase later."""
        while self._backlog:
            words = self._backlog[0]
            self._commands.row[: len(words)] = words
            if not self._commands.move():
                asyncio.get_running_loop().call_later(c.PHASE_NS / 1e9, self.post_backlog)
                return
            self._backlog.popleft()

    def totals(self) -> Words:
        """Return the counters of all legs, released ones included."""
        legs = self.table.legs[: self._rows_used]
        total: Words = self.lane.released_count + legs.count[legs.in_use == 1].sum(axis=0)
        return total

    @property
    def speaking(self) -> int:
        """How many legs have spoken in the last second."""
        legs = self._legs[: self._rows_used]
        return int(np.count_nonzero((legs["in_use"] == 1) & (legs["quiet_ticks"] < c.STOP_TICKS)))

    @property
    def commands_waiting(self) -> int:
        ends = self.lane.command_ends
        return int(ends[c.HEAD] - ends[c.TAIL]) + len(self._backlog)

    def deliver(self) -> None:
        """Tell legs and rooms what has happened since the last time; the event loop calls it when woken."""
        with suppress(BlockingIOError):
            os.eventfd_read(self.wake_descriptor)
        for event in self._told():
            receiver = self._receivers.get((event.row, event.generation))
            if receiver is not None:
                receiver.receive_event(event)
        for packet in self._passed():
            receiver = self._receivers.get((packet.row, packet.generation))
            if receiver is not None:
                receiver.receive_packet(packet.content, packet.sender)

    def _told(self) -> Iterator[Event]:
        while self._events.move():
            yield Event(*self._events.row.tolist())

    def _passed(self) -> Iterator[PassedPacket]:
        lane, ends = self.lane, self._packet_ends
        while ends[c.HEAD] != ends[c.TAIL]:
            place = int(ends[c.TAIL]) % c.PACKETS
            row, generation, octets, _ = (int(word) for word in lane.packet_words[place])
            content = lane.packets[place, :octets].tobytes()
            sender = lane.packet_senders[place].copy()
            ends[c.TAIL] += 1
            yield PassedPacket(row, generation, content, sender)

    @property
    def wall_clock_ahead_ns(self) -> int:
        """What to add to the monotonic clock to have the wall clock as it was at the first tick."""
        return int(self._wall_ahead[0])

    def now_ns(self) -> int:
        """Return the monotonic clock, by which the tick runs too, in nanoseconds."""
        return monotonic_ns()
