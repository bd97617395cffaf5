"""Free ports of the loopback address, for processes that must be told their ports before they start.

All are drawn below the range that the system hands out itself (32768 and up on Linux), and each worker of
pytest-xdist has its share, so that no other test can take one between the draw and its use.
"""

import itertools
import os
import random
import socket

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
_drawn: set[int] = set()
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
        if _kept.isdisjoint(wanted) and all(_is_free(host, each, kind) for each in wanted for kind in kinds):
            _drawn.update(wanted)
            return port
    raise OSError(f"no port of {host} is free for both UDP and TCP")


def free_udp_range(count: int, host: str = LOOPBACK) -> tuple[int, int]:
    """Return the first, even, and the last of `count` UDP ports in a row that nobody uses now."""
    for _ in range(200):
        first = _RANDOM.randrange(_IN_ROWS.start, _IN_ROWS.stop - count, 2)
        if all(_is_free(host, port, socket.SOCK_DGRAM) for port in range(first, first + count)):
            return first, first + count - 1
    raise OSError(f"no {count} UDP ports in a row are free on {host}")


def _is_free(host: str, port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
