"""Awaiting conditions of the world outside: always with a limit, always with a reason when it passes."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

T = TypeVar("T")


class NeverHappened(AssertionError):
    """What a test waited for did not happen within its limit."""


async def eventually(
    condition: Callable[[], T],
    within: float,
    what: str,
    every: float = 0.02,
    context: Callable[[], str] = str,
) -> T:
    """Return the first true value of `condition`, asked `every` seconds for at most `within` seconds.

    `context` adds to the failure text what is known when the limit passes.
    """
    limit = monotonic() + within
    while not (value := condition()):
        if monotonic() > limit:
            raise NeverHappened(f"not within {within} s: {what}\n{context()}")
        await asyncio.sleep(every)
    return value


async def eventually_async(
    condition: Callable[[], Awaitable[T]], within: float, what: str, every: float = 0.05
) -> T:
    """As :func:`eventually`, for a condition that is itself awaited (an HTTP request, say)."""
    limit = monotonic() + within
    while not (value := await condition()):
        if monotonic() > limit:
            raise NeverHappened(f"not within {within} s: {what}; last answer: {value!r}")
        await asyncio.sleep(every)
    return value


def eventually_blocking(
    condition: Callable[[], T],
    within: float,
    what: str,
    every: float = 0.05,
    context: Callable[[], str] = str,
) -> T:
    """As :func:`eventually`, for fixtures that run outside an event loop."""
    limit = monotonic() + within
    pause = threading.Event()
    while not (value := condition()):
        if monotonic() > limit:
            raise NeverHappened(f"not within {within} s: {what}\n{context()}")
        pause.wait(every)
    return value
