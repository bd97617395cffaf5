"""How many files the process may hold open, and how they are shared out, so that none is wanting mid-call.

A socket that cannot be opened in the middle of a call degrades it; a call refused with 503 at the door does
not. So every use of descriptors has its share, and calls get what is left.
"""

from __future__ import annotations

import fcntl
import os
import resource
from dataclasses import dataclass
from typing import Final

PER_CALL = 6
"""Two legs of two sockets each, a recording, and a connection to the application."""
OF_OUR_OWN = 96
"""Listeners, database, log, the media threads' wake-ups, event delivery, libraries, and some to spare."""
MOST_STREAMS, MOST_HTTP = 2000, 1000
"""Connections of each stream transport, and of the HTTP server, where files are plenty."""
MOST_GROWN: Final = 65_536
"""Descriptors for which the kernel makes room at the start: it takes 8 octets for each."""


@dataclass(frozen=True)
class FileShares:
    """What each use of descriptors gets."""

    streams: int
    """SIP connections over TCP, and as many over TLS."""
    http: int
    calls: int


def share_out(files: int) -> FileShares:
    """Share out so many descriptors; there is always room for one of each."""
    streams = max(min(MOST_STREAMS, files // 8), 1)
    http = max(min(MOST_HTTP, files // 8), 1)
    return FileShares(streams, http, max((files - 2 * streams - http - OF_OUR_OWN) // PER_CALL, 1))


def raise_file_limit() -> int:
    """Take as many descriptors as the system lets us, and return how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == hard:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):
        # A system whose limit for a process is below the hard limit it states.
        return soft
    return hard


def grow_table(files: int) -> None:
    """Have the kernel make room for so many descriptors now.

    It doubles its table when one more does not fit, and in a process with threads waits 5 to 20 ms until all
    processors have seen it; the event loop would wait with it, amid the calls that fill the table.
    """
    any_file = os.open(os.devnull, os.O_RDONLY)
    try:
        os.close(fcntl.fcntl(any_file, fcntl.F_DUPFD_CLOEXEC, min(files, MOST_GROWN) - 1))
    except OSError:
        # The system gives fewer than it states; the table then grows as it is filled.
        return
    finally:
        os.close(any_file)
