"""What another process holds open, as the kernel tells it."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SOCKETS = ("udp", "udp6", "tcp", "tcp6")
_LOCAL, _REMOTE, _INODE = 1, 2, 9
"""Fields of a line of /proc/net (proc(5))."""


@dataclass(frozen=True)
class Descriptors:
    """All that one process holds open."""

    kinds: Counter[str]
    """How many there are of each: ``file``, ``socket``, ``anon_inode`` and what else Linux has."""
    names: Counter[str]
    """What each is: a file's path, a socket's two ports."""


def descriptors_of(pid: int) -> Descriptors:
    """Return what the process holds open now."""
    sockets = {inode: f"{kind} {local} to {remote}" for kind, local, remote, inode in _sockets()}
    kinds: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for target in _targets(pid):
        kind, _, rest = target.partition(":")
        kinds["file" if target.startswith("/") else kind] += 1
        names[sockets.get(rest.strip("[]"), target) if kind == "socket" else target] += 1
    return Descriptors(kinds, names)


def bound_udp_ports(pid: int) -> set[int]:
    """Return the ports to which the process has bound UDP sockets."""
    ours = {target.removeprefix("socket:[").removesuffix("]") for target in _targets(pid)}
    return {local for kind, local, _, inode in _sockets(("udp",)) if inode in ours}


def _targets(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            yield os.readlink(descriptor)


def _sockets(kinds: tuple[str, ...] = _SOCKETS) -> Iterator[tuple[str, int, int, str]]:
    """Yield each socket's kind, own port, peer's port and inode."""
    for kind in kinds:
        for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]:
            fields = line.split()
            yield kind, _port(fields[_LOCAL]), _port(fields[_REMOTE]), fields[_INODE]


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)
