"""Looks at sockets that have something one by one, while the turn of the event loop has time for them.

A loop serves every socket that is ready before it does anything else: a thousand connections that come or go
at once would hold up all the rest for as long as that takes.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from functools import partial
from typing import Final

from sip.transport.turns import Lane, Turns

READ: Final = select.EPOLLIN
WRITE: Final = select.EPOLLOUT


class SocketWatch:
    """Watches sockets by an epoll of its own, which for the loop is one descriptor.

    The kernel hands out those that are ready in turns, the one that was served longest ago first.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, turns: Turns) -> None:
        self._loop = loop
        self._turns = turns
        self._epoll: select.epoll | None = None
        self._watched: dict[int, tuple[int, Callable[[int], None]]] = {}
        self._asked = False
        """It waits for a turn."""

    def watch(self, descriptor: int, events: int, on_ready: Callable[[int], None]) -> None:
        """Call ``on_ready`` with what is ready of ``events``, as long as it is.

        With 0 the socket keeps its place and waits, but for the end of its connection.
        """
        if self._epoll is None:
            self._epoll = select.epoll()
            self._loop.add_reader(self._epoll.fileno(), self._look)
        before = self._watched.get(descriptor)
        if before is None:
            self._epoll.register(descriptor, events)
        elif before[0] != events:
            self._epoll.modify(descriptor, events)
        self._watched[descriptor] = (events, on_ready)

    def forget(self, descriptor: int) -> None:
        """Watch a socket no more; the kernel would tell of a connection that is gone whatever was asked."""
        if self._epoll is None or self._watched.pop(descriptor, None) is None:
            return
        self._epoll.unregister(descriptor)
        if not self._watched:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()
            self._epoll = None

    def _look(self) -> None:
        """Serve those that are ready, one by one, until the turn is over."""
        while self._turns.free:
            work = self._next()
            if work is None:
                return
            self._turns.take(work, Lane.STREAMS)
        if not self._asked:
            self._asked = True
            self._turns.put_behind(self._in_turn, Lane.STREAMS)

    def _in_turn(self) -> None:
        """Serve one that is ready, and wait for the next turn until nobody is."""
        work = self._next()
        self._asked = work is not None
        if work is not None:
            self._turns.put_behind(self._in_turn, Lane.STREAMS)
            work()

    def _next(self) -> Callable[[], None] | None:
        ready = self._epoll.poll(0, 1) if self._epoll is not None else []
        if not ready:
            return None
        descriptor, events = ready[0]
        return partial(self._watched[descriptor][1], events)
