"""Tells whose program is at the other end of a connection from this machine (proc(5), ``/proc/net/tcp``)."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from aiohttp import web

from engine.http.own_pages import is_before_the_machine

TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_ESTABLISHED: Final = "01"
"""Of a connection that one side has closed the system forgets the owner, and says 0."""

End = tuple[str, int]
"""Address and port."""


async def is_before_us(request: web.Request) -> bool:
    """Tell whether a request comes from a page of ours in a browser of who started us, on this machine.

    Root is everybody. Where the system does not tell whose a connection is, it is somebody else's.
    """
    if not is_before_the_machine(request):
        return False
    if request.transport is None:
        return False
    theirs = request.transport.get_extra_info("peername")[:2]
    ours = request.transport.get_extra_info("sockname")[:2]
    # A machine with many connections takes milliseconds to write its table.
    user = await asyncio.to_thread(lambda: user_of(theirs, ours, _rows()))
    return user is not None and user in our_users(os.geteuid(), os.environ)


def our_users(user: int, environ: Mapping[str, str]) -> set[int]:
    """Return the users who are ``user``: with sudo also the one who called it."""
    caller = environ.get("SUDO_UID", "") if user == 0 else ""
    return {0, user, *([int(caller)] if caller.isdecimal() else [])}


def user_of(theirs: End, ours: End, rows: Iterable[str]) -> int | None:
    """Return the user whose end of the connection is ``theirs``; None when no row has it."""
    wanted = _written(*theirs), _written(*ours)
    for row in rows:
        fields = row.split()
        if len(fields) < 8 or fields[3] != _ESTABLISHED:
            continue
        if (_plain(fields[1]), _plain(fields[2])) == wanted:
            return int(fields[7])
    return None


def _rows() -> Iterable[str]:
    for table in TABLES:
        try:
            yield from table.read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue


def _written(host: str, port: int) -> str:
    """Write an end as the table does: hexadecimal, the octets of each 32 bits in the machine's order."""
    address = ipaddress.ip_address(host.partition("%")[0])
    packed = address.packed
    words = (packed[begin : begin + 4] for begin in range(0, len(packed), 4))
    turned = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    return _plain(f"{turned.hex()}:{port:04x}")


def _plain(written: str) -> str:
    """Return an end in the form of IPv4 when it is ``::ffff:`` and one: both tables may have it."""
    address, _, port = written.upper().partition(":")
    mapped = "0" * 16 + ("FFFF0000" if sys.byteorder == "little" else "0000FFFF")
    return f"{address.removeprefix(mapped) if len(address) == 32 else address}:{port}"
