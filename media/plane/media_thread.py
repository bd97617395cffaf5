"""A media thread with its table, and the event loop's ends of its rings."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from media.plane import layout as c
from media.plane import tick
from media.plane.kernels import rings
from media.plane.legs import LegRow, LegTable, Words, allocate, clear_row

REALTIME_PRIORITY = 10


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


def prepare() -> None:
    """Compile everything compiled, or load it: once in a process, before its first thread starts."""
    table = allocate(rows=1)
    table.lane.stop = 1
    tick.run(table, np.zeros(2, np.int64), np.zeros(c.COMMAND_WORDS, np.int64))
    tick.monotonic_ns(np.zeros(2, np.int64))
    for ring, ends in _both_rings(table):
        words = np.zeros(ring.shape[1], np.int64)
        rings.push(ring, ends, words)
        rings.pull(ring, ends, words)
    sound = np.zeros(c.SOUND_WORDS, np.int64)
    rings.write_sound(int(sound.ctypes.data), 0, 0)
    rings.read_sound(int(sound.ctypes.data), 0, 0)


def _both_rings(table: LegTable) -> tuple[tuple[Words, Words], ...]:
    lane = table.lane
    return (lane.commands, lane.command_ends), (lane.events, lane.event_ends)


class MediaThread:
    """Runs the tick for some rows. Its methods are the event loop's."""

    def __init__(self, rows: int, host_octets: int) -> None:
        self.table = allocate(rows)
        self.lane = self.table.lane
        self.realtime = False
        self.wake_descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._table_rows = rows
        self._free_rows = list(range(rows - 1, -1, -1))
        self._generations = [0] * rows
        self._phase_legs = [0] * c.PHASES
        self._backlog: deque[list[int]] = deque()
        self._command = np.zeros(c.COMMAND_WORDS, np.int64)
        self._event = np.zeros(c.EVENT_WORDS, np.int64)
        (self._commands, self._command_ends), (self._events, self._event_ends) = _both_rings(self.table)
        self._scratch = np.zeros(2, np.int64)
        self.lane.wake_descriptor = self.wake_descriptor
        self.lane.host_octets = host_octets
        # A daemon thread, ended by stop(): exit would wait for another one before it calls stop().
        self._thread = threading.Thread(target=self._run, name="media", daemon=True)

    @property
    def legs(self) -> int:
        return self._table_rows - len(self._free_rows)

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
        tick.run(self.table, np.zeros(2, np.int64), np.zeros(c.COMMAND_WORDS, np.int64))

    @property
    def has_row(self) -> bool:
        return bool(self._free_rows)

    def claim_row(self, descriptor: int, ssrc: int) -> LegRow:
        """Fill in a free row of the phase with the fewest legs; it takes part once OPEN is posted."""
        row = self._free_rows.pop()
        self._generations[row] += 1
        leg = self.table.legs[row]
        clear_row(leg)
        leg.row, leg.generation = row, self._generations[row]
        leg.socket, leg.ssrc = descriptor, ssrc
        leg.phase = min(range(c.PHASES), key=self._phase_legs.__getitem__)
        self._phase_legs[leg.phase] += 1
        return leg

    def free_row(self, leg: LegRow) -> None:
        """Take back a row that the tick has released."""
        self._free_rows.append(int(leg.row))
        self._phase_legs[leg.phase] -= 1

    def post(self, kind: int, row: int, generation: int, *arguments: int) -> None:
        """Ask the tick for something; carried out within a phase, in the order of the calls."""
        self._backlog.append([kind, row, generation, *arguments])
        if len(self._backlog) == 1:
            self.post_backlog()

    def post_backlog(self) -> None:
        """Move what the ring had no room for into it; the rest a phase later."""
        while self._backlog:
            words = self._backlog[0]
            self._command[: len(words)] = words
            if not rings.push(self._commands, self._command_ends, self._command):
                asyncio.get_running_loop().call_later(c.PHASE_NS / 1e9, self.post_backlog)
                return
            self._backlog.popleft()

    def totals(self) -> Words:
        """Return the counters of all legs, released ones included."""
        legs = self.table.legs
        total: Words = self.lane.released_count + legs.count[legs.in_use == 1].sum(axis=0)
        return total

    @property
    def commands_waiting(self) -> int:
        ends = self._command_ends
        return int(ends[c.HEAD] - ends[c.TAIL]) + len(self._backlog)

    def events(self) -> Iterator[Event]:
        """Yield what the tick has told since the last time."""
        while rings.pull(self._events, self._event_ends, self._event):
            yield Event(*(int(word) for word in self._event))

    def packets(self) -> Iterator[PassedPacket]:
        """Yield the datagrams that the tick has passed on since the last time."""
        lane, ends = self.lane, self.lane.packet_ends
        while ends[c.HEAD] != ends[c.TAIL]:
            place = int(ends[c.TAIL]) % c.PACKETS
            row, generation, octets, _ = (int(word) for word in lane.packet_words[place])
            content = lane.packets[place, :octets].tobytes()
            ends[c.TAIL] += 1
            yield PassedPacket(row, generation, content)

    @property
    def wall_clock_ahead_ns(self) -> int:
        """What to add to the monotonic clock to have the wall clock as it was at the first tick."""
        return int(self.lane.wall_ahead_ns)

    def now_ns(self) -> int:
        """Return the monotonic clock, in nanoseconds."""
        return int(tick.monotonic_ns(self._scratch))
