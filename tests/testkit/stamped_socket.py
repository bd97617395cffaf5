"""When datagrams arrived by the kernel's own clock: a test's loop may be long busy before it reads them."""

import socket
import struct
import time
from typing import Any, Self

_SO_TIMESTAMPNS = getattr(socket, "SO_TIMESTAMPNS", 35)
_ANCILLARY = socket.CMSG_SPACE(16)


class StampedSocket(socket.socket):
    """A UDP socket that knows when the kernel took in what was received last.

    asyncio's own loop reads through :meth:`recvfrom`; another loop may not, and learns nothing.
    """

    waited = 0.0
    """Seconds for which the datagram received last had lain in the socket's buffer."""

    @classmethod
    def bound(cls, host: str) -> Self:
        plug = cls(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        plug.setblocking(False)
        plug.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        plug.bind((host, 0))
        return plug

    def recvfrom(self, size: int, flags: int = 0) -> tuple[bytes, Any]:
        data, ancillary, _, source = self.recvmsg(size, _ANCILLARY, flags)
        for level, kind, stamp in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS):
                seconds, nanoseconds = struct.unpack("qq", stamp[:16])
                self.waited = max(0.0, time.time() - seconds - nanoseconds / 1e9)
        return data, source
