"""Free ports of the loopback address, for processes that must be told their ports before they start.

All are drawn below the range that the system hands out itself (32768 and up on Linux), and each worker of
pytest-xdist has its share, so that no other test can take one between the draw and its use.
"""

import itertools
import os
import random
import socket
from collections import deque

LOOPBACK = "127.0.0.1"
_SHARES = 4


def _our_share(ports: range) -> range:
    """Return the part of the worker that runs this test."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _SHARES
    size = len(ports) // _SHARES
    return ports[worker * size : (worker + 1) * size]


_SINGLE = _our_share(range(10_000, 16_000))
_IN_ROWS = _our_share(range(16_000, 32_000))
_RANDOM = random.SystemRandom()
_TURN = itertools.cycle(_RANDOM.sample(_SINGLE, len(_SINGLE)))
"""Each port comes again as late as possible: what used it before may take a while to let go."""
_rows: deque[range] = deque()
"""The rows drawn lately, together half of our share."""
_drawn: set[int] = set()
_lately: deque[int] = deque(maxlen=200)
"""Not drawn again yet: who was given them may not have bound them, and a pair has a port beyond its turn."""
_kept: frozenset[int] = frozenset()


def keep_drawn() -> None:
    """Never draw again what was drawn until now: modules that are imported hold on to their ports."""
    global _kept
    _kept = frozenset(_drawn)


def free_port(host: str = LOOPBACK, *, with_next: bool = False) -> int:
    """Return a port that nobody uses now, by UDP or by TCP; `with_next` for a program that takes two."""
    kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM)
    for port in itertools.islice(_TURN, len(_SINGLE)):
        wanted = range(port, port + 1 + with_next)
        if not _kept.isdisjoint(wanted) or not set(_lately).isdisjoint(wanted):
            continue
        if all(_is_free(host, each, kind) for each in wanted for kind in kinds):
            _drawn.update(wanted)
            _lately.extend(wanted)
            return port
    raise OSError(f"no port of {host} is free for both UDP and TCP")


def free_udp_range(count: int, host: str = LOOPBACK) -> tuple[int, int]:
    """Return the first, even, and the last of `count` UDP ports in a row that nobody uses now.

    A daemon binds its ports call by call: so they lie apart from those drawn lately, if there is such a row.
    """
    for apart in (True, False):
        for _ in range(200):
            first = _RANDOM.randrange(_IN_ROWS.start, _IN_ROWS.stop - count, 2)
            row = range(first, first + count)
            if apart and any(row.start < other.stop and other.start < row.stop for other in _rows):
                continue
            if all(_is_free(host, port, socket.SOCK_DGRAM) for port in row):
                _remember(row)
                return first, first + count - 1
    raise OSError(f"no {count} UDP ports in a row are free on {host}")


def _remember(row: range) -> None:
    _rows.append(row)
    while sum(map(len, _rows)) > len(_IN_ROWS) // 2 and len(_rows) > 1:
        _rows.popleft()


def _is_free(host: str, port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
