"""The face of the media plane: opens legs and keeps the media threads."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from types import TracebackType

from media.errors import MediaMisuse, PlaneFull
from media.plane.bridge import Bridge
from media.plane.leg import Leg
from media.plane.media_thread import MediaThread, prepare
from media.plane.plane_statistics import read_plane
from media.plane.ports import PortPool
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
        self._legs: list[dict[int, Leg]] = []
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
        rows = -(-self._ports.capacity // self._thread_count)
        octets = 4 if self._ports.family == socket.AF_INET else 16
        self._threads = [MediaThread(rows, octets) for _ in range(self._thread_count)]
        self._legs = [{} for _ in self._threads]
        self._rtcp = RtcpSchedule()
        loop = asyncio.get_running_loop()
        for index, thread in enumerate(self._threads):
            loop.add_reader(thread.wake_descriptor, self._wake, index)
            thread.start()

    async def stop(self) -> None:
        """Close every leg and end the threads; stopping twice is nothing."""
        loop = asyncio.get_running_loop()
        for thread in self._threads:
            loop.remove_reader(thread.wake_descriptor)
            await asyncio.to_thread(thread.stop)
        for legs in self._legs:
            for leg in list(legs.values()):
                leg.abandon()
        if self._rtcp is not None:
            self._rtcp.stop()
        self._threads, self._legs, self._rtcp = [], [], None

    @property
    def capacity(self) -> int:
        """How many legs the port range has room for."""
        return self._ports.capacity

    def open_leg(self, beside: Leg | None = None) -> Leg:
        """Bind a port and claim a row; raises :class:`NoFreePort`.

        Without file descriptors for the sockets it is :class:`PlaneFull`. A leg that is to hear another one
        is opened ``beside`` it, on the same media thread, which may be full sooner than the port range.
        """
        if self._rtcp is None:
            raise MediaMisuse("the media plane is not running; start it before opening a leg")
        ports = self._ports.bind()
        # The thread with the fewest legs has a row: there are as many rows as pairs of ports.
        index = min(range(len(self._threads)), key=lambda at: self._threads[at].legs)
        if beside is not None:
            index = next(at for at, thread in enumerate(self._threads) if beside.runs_on(thread))
        thread = self._threads[index]
        if not thread.has_row:
            self._ports.give_back(ports.port, -1)
            raise PlaneFull("the media thread of the other leg has no row left; give it a wider port range")
        leg = Leg(thread, ports, self._rtcp, lambda leg, heard: self._leg_released(index, leg, heard))
        self._legs[index][int(leg.row.row)] = leg
        return leg

    def bridge(self, one: Leg, other: Leg) -> Bridge:
        """Let two legs hear each other; a bridge that one of them had ends.

        Raises :class:`MediaMisuse` for legs of two media threads: open the second one ``beside`` the first.
        """
        return one.bridge_to(other)

    def statistics(self) -> PlaneStatistics:
        """Return the counters of all threads."""
        held = sum(leg.sounds_held for legs in self._legs for leg in legs.values())
        return read_plane(self._threads, self.capacity, held)

    def _leg_released(self, index: int, leg: Leg, last_heard: int) -> None:
        del self._legs[index][int(leg.row.row)]
        self._threads[index].free_row(leg.row)
        self._ports.give_back(leg.local_port, last_heard)

    def _wake(self, index: int) -> None:
        """Deliver what a thread has told; the thread wakes us by its descriptor."""
        thread = self._threads[index]
        with suppress(BlockingIOError):
            os.eventfd_read(thread.wake_descriptor)
        for event in thread.events():
            leg = self._legs[index].get(event.row)
            if leg is not None and leg.row.generation == event.generation:
                leg.receive_event(event)
        for packet in thread.packets():
            leg = self._legs[index].get(packet.row)
            if leg is not None and leg.row.generation == packet.generation:
                leg.receive_rtcp(packet.content)
