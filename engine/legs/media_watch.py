"""The watch over a party's sound: a telephone that vanished without a BYE must not be talked to for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

STANDSTILL = 1.0
"""Seconds that a look may come late before it says that this process stood still, and not the peer."""

_SHORTEST = 0.05


class MediaWatch:
    """Tells once when a peer that should be heard has sent neither RTP nor RTCP for ``limit`` seconds.

    RTCP counts, because a telephone that sends nothing in silence still reports. ``since_heard`` returns
    the seconds since the last packet, None while there was none. A limit of 0 turns the watch off. It
    looks once in ``limit`` seconds while all is well, so that thousands of legs cost nothing.
    """

    def __init__(
        self, limit: float, since_heard: Callable[[], float | None], on_lost: Callable[[float], None]
    ) -> None:
        self._limit = limit
        self._since_heard = since_heard
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._begun = 0.0

    def begin(self) -> None:
        """Expect sound from now on."""
        self.pause()
        if self._limit:
            self._begun = self._loop.time()
            self._look_in(self._limit)

    def pause(self) -> None:
        """Expect nothing, as of a party on hold, until :meth:`begin`."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def end(self) -> None:
        """Expect nothing any more, and let go of who would be told."""
        self.pause()
        self._limit = 0.0
        self._since_heard, self._on_lost = lambda: None, lambda _: None

    def _look_in(self, seconds: float) -> None:
        due = self._loop.time() + seconds
        self._timer = self._loop.call_at(due, self._look, due)

    def _look(self, due: float) -> None:
        now = self._loop.time()
        heard = self._since_heard()
        quiet = now - self._begun if heard is None else min(heard, now - self._begun)
        if quiet < self._limit:
            self._look_in(max(self._limit - quiet, _SHORTEST))
        elif now - due > STANDSTILL:
            # What came meanwhile still waits in the socket.
            self._look_in(STANDSTILL)
        else:
            self._timer = None
            self._on_lost(quiet)
