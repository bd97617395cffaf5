"""Coroutines that wait for a clock, and that clock, without an event loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine, Generator
from typing import Any


def _never() -> bool:
    return False


class Wait:
    """What a coroutine on the stage waits for: a moment, or something that comes before it."""

    __slots__ = ("fulfilled", "until")

    def __init__(self, until: float, fulfilled: Callable[[], bool]) -> None:
        self.until = until
        self.fulfilled = fulfilled

    def __await__(self) -> Generator[Wait, None, None]:
        yield self


class Performance:
    """A coroutine on the stage."""

    def __init__(self, play: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self._play = play
        self._coroutine: Coroutine[Any, Any, Any] | None = None
        self.wait: Wait | None = Wait(-math.inf, _never)
        """None when it is over."""
        self.result: Any = None

    @property
    def over(self) -> bool:
        """Whether it returned, or was stopped."""
        return self.wait is None

    def resume(self) -> None:
        """Go on to the next wait, or to the end. What the coroutine raises comes out here."""
        if self._coroutine is None:
            # Made only now: a coroutine that never begins is complained of.
            self._coroutine = self._play()
        try:
            self.wait = self._coroutine.send(None)
        except StopIteration as finished:
            self.wait, self.result = None, finished.value
        except BaseException:
            self.wait = None
            raise

    def stop(self) -> None:
        """End it where it stands, as cancelling a task does."""
        self.wait = None
        if self._coroutine is not None:
            self._coroutine.close()


class Stage:
    """Runs coroutines in virtual time. Seconds count from the beginning."""

    def __init__(self) -> None:
        self.now = 0.0
        self._playing: list[Performance] = []

    def start(self, play: Callable[[], Coroutine[Any, Any, Any]]) -> Performance:
        """Put what ``play`` returns on the stage; it begins when time is next looked at."""
        performance = Performance(play)
        self._playing.append(performance)
        return performance

    async def wait(self, seconds: float = math.inf, fulfilled: Callable[[], bool] = _never) -> None:
        """Let ``seconds`` pass, or less when ``fulfilled`` becomes true."""
        if seconds > 0 and not fulfilled():
            await Wait(self.now + seconds, fulfilled)

    def settle(self) -> bool:
        """Let everything happen that is due now; return whether there was anything."""
        happened, moved = False, True
        while moved:
            moved = False
            for performance in list(self._playing):
                wait = performance.wait
                if wait is not None and (wait.until <= self.now or wait.fulfilled()):
                    happened = moved = True
                    performance.resume()
            self._playing = [performance for performance in self._playing if not performance.over]
        return happened

    def go_on(self, until: float) -> bool:
        """Go on to the next happening; False when there is none up to ``until``, which is now then."""
        if self.settle():
            return True
        due = min((playing.wait.until for playing in self._playing if playing.wait), default=math.inf)
        if due > until or due == math.inf:
            self.now = until if until < math.inf else self.now
            return False
        self.now = max(self.now, due)
        self.settle()
        return True
