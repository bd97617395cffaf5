"""How many files the process may hold open, and how they are shared out, so that none is wanting mid-call.

A socket that cannot be opened in the middle of a call degrades it; a call refused with 503 at the door does
not. So every use of descriptors has its share, and calls get what is left.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass

PER_CALL = 6
"""Two legs of two sockets each, a recording, and a connection to the application."""
OF_OUR_OWN = 96
"""Listeners, database, log, the media threads' wake-ups, event delivery, libraries, and some to spare."""
MOST_STREAMS, MOST_HTTP = 2000, 1000
"""Connections of each stream transport, and of the HTTP server, where files are plenty."""


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
