"""Tells systemd how the daemon fares, where a unit of ``Type=notify`` has started it (sd_notify(3))."""

from __future__ import annotations

import os
import socket

from engine.reporting import log


def tell_systemd(*assignments: str) -> None:
    """Send assignments such as ``READY=1``; nothing happens where nobody wants to know."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    # An at sign stands for the zero octet of Linux's abstract names.
    name = f"\0{address[1:]}" if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as told:
            told.sendto("\n".join(assignments).encode(), name)
    except OSError as error:
        log.get("daemon").warning("systemd.not_told", error=str(error), address=address)
