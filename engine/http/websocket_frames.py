"""What comes before aiohttp reads a WebSocket's frames: masks, and messages that never end (RFC 6455).

aiohttp takes frames that no client may send: unmasked ones (section 5.1), with which a page could write into
the caches of proxies between it and us. And it waits for the rest of a message as long as octets drip.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Final, cast

MESSAGE_WITHIN: Final = 30.0
"""Seconds from the first octet of a message to its last; what streams of SIP get, too."""
RECEIVE_BUFFER: Final = 16_384
"""Octets that the kernel may keep for us: no read is so long that looking it through holds others up."""

_BREACH: Final = b"\x83\x80\x00\x00\x00\x00"
"""A frame of a reserved kind (section 5.2), which is refused with 1002 as any other breach."""
_FINAL, _KIND, _CONTROL, _MASKED, _LENGTH = 0x80, 0x0F, 0x08, 0x80, 0x7F
_MASK_OCTETS: Final = 4


class FrameHeads:
    """Follows a stream of frames from head to head, without their contents."""

    def __init__(self) -> None:
        self.messages = 0
        """How many messages have begun."""
        self._head = b""
        self._left = 0
        self._unfinished = False
        self._broken = False

    @property
    def inside_message(self) -> bool:
        """Whether a message has begun whose end has not come."""
        return bool(self._head or self._left or self._unfinished)

    def receive(self, data: bytes) -> bytes:
        """Return what may be read: all but a head that is not whole yet, or a breach in the place of what is
        unmasked."""
        if self._broken:
            return b""
        data, self._head = self._head + data, b""
        at = min(self._left, len(data))
        self._left -= at
        while at < len(data):
            length = self._length(data, at)
            if length is None:
                self._head = data[at:]
                return data[:at]
            if not data[at + 1] & _MASKED:
                self._broken = True
                return data[:at] + _BREACH
            self._left = max(at + length - len(data), 0)
            at += length
        return data

    def _length(self, data: bytes, at: int) -> int | None:
        """Return the length of the frame that begins here, None while its head is not whole."""
        if len(data) < at + 2:
            return None
        length, head = data[at + 1] & _LENGTH, 2
        if length > 125:
            octets = 2 if length == 126 else 8
            head += octets
            if len(data) < at + head:
                return None
            length = int.from_bytes(data[at + 2 : at + head])
        if not data[at] & _CONTROL:
            self._unfinished = not data[at] & _FINAL
            self.messages += bool(data[at] & _KIND)
        return head + _MASK_OCTETS + length


class MaskedFrames(asyncio.Protocol):
    """Stands before the protocol of a connection that has become a WebSocket; use :meth:`stand_before`."""

    def __init__(self, transport: asyncio.Transport, message_within: float) -> None:
        self._transport = transport
        self._inner = cast(asyncio.Protocol, transport.get_protocol())
        self._message_within = message_within
        self._heads = FrameHeads()
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    def stand_before(cls, transport: asyncio.Transport, message_within: float) -> None:
        """Look through all that comes from now on; the peer has been told only now that it may send."""
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        transport.set_protocol(cls(transport, message_within))

    def data_received(self, data: bytes) -> None:
        before = self._heads.messages
        self._inner.data_received(self._heads.receive(data))
        if not self._heads.inside_message or self._heads.messages != before:
            self._stop_timer()
        if self._heads.inside_message and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._message_within, self._transport.abort)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._inner.connection_lost(exc)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
