"""Threads that are all there from the start, so that no later shortage can deny them."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

FOR_BLOCKING_WORK = 6
"""Threads behind ``asyncio.to_thread``, which reads files, documents and passwords: none of it takes long."""


def started_threads(count: int, name: str) -> ThreadPoolExecutor:
    """Return ``count`` threads that run already.

    An executor of the standard library starts a thread when a piece of work finds none idle, which may be
    in an hour in which the machine has none left.
    """
    threads = ThreadPoolExecutor(count, name)
    together = Barrier(count)
    for _ in range(count):
        threads.submit(together.wait)
    return threads
