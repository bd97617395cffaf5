"""Writes log lines in a thread: a terminal or pipe that takes nothing must not stop the event loop."""

from __future__ import annotations

import atexit
import contextlib
import queue
import threading
from typing import TextIO

MOST_WAITING = 10_000
"""Lines; what comes on top is dropped and counted, for memory is finite and calls come first."""
_AT_EXIT = 2.0
"""Seconds that the end of the process waits for the last lines."""


class LineWriter:
    """A file to log into. Lines appear in order; when some had to be dropped, a line says how many."""

    def __init__(self, stream: TextIO, most_waiting: int = MOST_WAITING) -> None:
        self._stream = stream
        self._lines: queue.Queue[str | None] = queue.Queue(most_waiting)
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name="log writer", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def write(self, line: str) -> None:
        """Queue a line; never waits."""
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._dropped += 1

    def flush(self) -> None:
        """Do nothing: the thread flushes when it has written all that waited."""

    def close(self) -> None:
        """Write what waits, within two seconds, and end the thread."""
        atexit.unregister(self.close)
        with contextlib.suppress(queue.Full):
            self._lines.put(None, timeout=_AT_EXIT)
            self._thread.join(_AT_EXIT)

    def _run(self) -> None:
        while (line := self._lines.get()) is not None:
            # A reader that went away must not end the daemon; there is nowhere left to say so.
            with contextlib.suppress(OSError, ValueError):
                self._stream.write(line)
                self._tell_of_dropped()
                if self._lines.empty():
                    self._stream.flush()
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()

    def _tell_of_dropped(self) -> None:
        dropped, self._dropped = self._dropped, 0
        if dropped:
            self._stream.write(f'{{"level": "error", "event": "log.lines_dropped", "lines": {dropped}}}\n')
