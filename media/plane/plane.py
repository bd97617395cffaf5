"""The face of the media plane: opens legs and keeps the media threads."""

from __future__ import annotations

import asyncio
import socket
from time import monotonic_ns
from types import TracebackType

from media.errors import MediaMisuse
from media.plane.bridge import Bridge
from media.plane.leg import DatagramReceiver, Leg
from media.plane.machine_code import prepare
from media.plane.media_thread import MediaThread
from media.plane.plane_statistics import read_plane
from media.plane.ports import PortPool
from media.plane.room import Room
from media.plane.rtcp_schedule import RtcpSchedule
from media.plane.statistics import PlaneStatistics


class MediaPlane:
    """Every leg's sound, moved by compiled threads that the event loop cannot delay.

    ``address`` is where RTP sockets bind, ``ports`` the range they are taken from: a leg uses
    an even port and the odd one above it. Use it as ``async with MediaPlane(...) as plane``, or
    with :meth:`start` and :meth:`stop`.
    """

    def __init__(
        self, address: str = "127.0.0.1", ports: range = range(20000, 30000), threads: int = 1
    ) -> None:
        if threads < 1:
            raise MediaMisuse(f"{threads} media threads: at least one is needed")
        self._ports = PortPool(address, ports)
        self._thread_count = threads
        self._threads: list[MediaThread] = []
        self._legs: set[Leg] = set()
        self._rooms: set[Room] = set()
        self._rtcp: RtcpSchedule | None = None

    async def __aenter__(self) -> MediaPlane:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Compile or load the kernels and start the media threads."""
        if self._threads:
            raise MediaMisuse("the media plane has been started already")
        await asyncio.to_thread(prepare)
        octets = 4 if self._ports.family == socket.AF_INET else 16
        start = monotonic_ns()
        # Each thread has rows for all legs, because legs move to where the others of their room are.
        self._threads = [MediaThread(self.capacity, octets, start) for _ in range(self._thread_count)]
        self._rtcp = RtcpSchedule()
        loop = asyncio.get_running_loop()
        for thread in self._threads:
            loop.add_reader(thread.wake_descriptor, thread.deliver)
            thread.start()

    async def stop(self) -> None:
        """Close every leg and room and end the threads; stopping twice is nothing."""
        loop = asyncio.get_running_loop()
        for thread in self._threads:
            loop.remove_reader(thread.wake_descriptor)
            await asyncio.to_thread(thread.stop)
        for room in tuple(self._rooms):
            room.abandon()
        for leg in tuple(self._legs):
            leg.abandon()
        if self._rtcp is not None:
            self._rtcp.stop()
        self._threads, self._rtcp = [], None

    @property
    def capacity(self) -> int:
        """How many legs the port range has room for."""
        return self._ports.capacity

    def open_leg(self, beside: Leg | None = None, on_datagram: DatagramReceiver | None = None) -> Leg:
        """Bind a port and claim a row; raises :class:`NoFreePort`.

        Without file descriptors for the sockets it is :class:`PlaneFull`. A leg that is to hear
        another one is best opened ``beside`` it: on the same media thread, it need not move there later.
        ``on_datagram`` is for a port that ICE and DTLS share with the sound: it gets theirs.
        """
        if self._rtcp is None:
            raise MediaMisuse("the media plane is not running; start it before opening a leg")
        thread = self._quietest_thread() if beside is None else beside.thread
        leg = Leg(thread, self._ports.bind(), self._rtcp, self._leg_released, on_datagram)
        self._legs.add(leg)
        return leg

    def bridge(self, one: Leg, other: Leg) -> Bridge:
        """Let two legs hear each other; a bridge or room that one of them was in ends for it.

        Legs of two media threads are brought together, as :meth:`Room.join` does.
        """
        if one is other:
            raise MediaMisuse(f"{one!r} cannot be bridged to itself: use two legs")
        if one.closed or other.closed:
            raise MediaMisuse(f"{one!r} cannot be bridged to {other!r}: one of them is closed")
        room = self._open_room(one, is_bridge=True)
        room.join(one)
        room.join(other)
        return Bridge(room)

    def room(self, beside: Leg | None = None) -> Room:
        """Open an empty room, best ``beside`` the leg that will be in it first; raises :class:`PlaneFull`."""
        if self._rtcp is None:
            raise MediaMisuse("the media plane is not running; start it before opening a room")
        return self._open_room(beside, is_bridge=False)

    def statistics(self) -> PlaneStatistics:
        """Return the counters of all threads."""
        return read_plane(self._threads, self.capacity, self._legs, self._rooms)

    def _quietest_thread(self) -> MediaThread:
        return min(self._threads, key=lambda thread: thread.load)

    def _open_room(self, beside: Leg | None, is_bridge: bool) -> Room:
        thread = self._quietest_thread() if beside is None else beside.thread
        phase = thread.quietest_phase() if beside is None else thread.phase_beside(beside.row)
        room = Room(thread, phase, self._rooms.discard, is_bridge)
        self._rooms.add(room)
        return room

    def _leg_released(self, leg: Leg, last_heard: int) -> None:
        self._legs.discard(leg)
        self._ports.give_back(leg.local_port, last_heard)
