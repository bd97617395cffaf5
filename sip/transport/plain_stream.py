"""A TCP stream whose socket is served in turns of the event loop: asyncio's transport, for any protocol."""

from __future__ import annotations

import asyncio
import socket
from typing import Final, cast

from sip.transport.socket_watch import READ, WRITE, SocketWatch

SLICE: Final = 2048
"""Octets of a stream that are taken as one input: a few messages, where a segment can bring 600."""
UNSENT: Final = 65_536
"""Octets that wait to be sent beyond which the protocol is told to pause; asyncio's own limit."""
UNREAD_WITHIN: Final = 30.0
"""Seconds that a peer of a closed stream may leave what was written unread."""


class PlainStream(asyncio.Transport):
    """One connected socket. What is ready of it, it does when it has its turn."""

    def __init__(
        self, plug: socket.socket, peer: object, sockets: SocketWatch, protocol: asyncio.Protocol
    ) -> None:
        """``plug`` is connected to ``peer`` and does not block; it is closed with the stream."""
        super().__init__({"socket": plug, "peername": peer, "sockname": plug.getsockname()})
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop = asyncio.get_running_loop()
        self._plug = plug
        self._sockets = sockets
        self._protocol = protocol
        self._unsent = bytearray()
        self._reading = False
        self._closing = False
        self._gone = False
        self._paused = False
        """The protocol was told that what it writes waits."""

    def begin(self) -> None:
        """Tell the protocol of the connection, then read."""
        try:
            self._protocol.connection_made(self)
        except Exception as fault:
            self._fail(fault)
        self.resume_reading()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand what comes to another one."""
        self._protocol = cast(asyncio.Protocol, protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def is_closing(self) -> bool:
        return self._closing

    def is_reading(self) -> bool:
        return self._reading

    def pause_reading(self) -> None:
        self._reading = False
        self._watch()

    def resume_reading(self) -> None:
        self._reading = not self._closing
        self._watch()

    def get_write_buffer_size(self) -> int:
        return len(self._unsent)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send what the socket takes now, and the rest as soon as it takes more."""
        if self._closing:
            return
        if not self._unsent:
            data = memoryview(data)[self._send(data) :]
        if data and not self._closing:
            self._unsent += data
            self._watch()
            if not self._paused and len(self._unsent) > UNSENT:
                self._paused = True
                self._protocol.pause_writing()

    def close(self) -> None:
        """Close after what is written has left."""
        if self._closing:
            return
        self._closing = True
        self._reading = False
        if self._unsent:
            # Who never reads would keep the socket for ever: nobody is there any more to cut them off.
            self._plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNREAD_WITHIN * 1000))
            self._watch()
        else:
            self._end(None)

    def abort(self) -> None:
        """Close at once."""
        self._end(None)

    def _watch(self) -> None:
        if self._gone:
            return
        events = (READ if self._reading else 0) | (WRITE if self._unsent else 0)
        if events:
            self._sockets.watch(self._plug.fileno(), events, self._serve)
        else:
            self._sockets.forget(self._plug.fileno())

    def _serve(self, events: int) -> None:
        # A connection that is gone is told of whatever was asked: reading or sending finds out how.
        try:
            if self._unsent and events & ~READ:
                self._flush()
            if self._reading and events & ~WRITE:
                self._read()
        except Exception as fault:
            self._fail(fault)

    def _read(self) -> None:
        try:
            data = self._plug.recv(SLICE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._end(error)
            return
        if data:
            self._protocol.data_received(data)
        elif self._protocol.eof_received():
            self.pause_reading()
        else:
            self.close()

    def _flush(self) -> None:
        del self._unsent[: self._send(self._unsent)]
        if self._unsent or self._gone:
            return
        if self._closing:
            self._end(None)
            return
        self._watch()
        if self._paused:
            self._paused = False
            self._protocol.resume_writing()

    def _send(self, data: bytes | bytearray | memoryview) -> int:
        try:
            return self._plug.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            self._end(error)
            return 0

    def _fail(self, fault: Exception) -> None:
        """Close, for a protocol that failed once has lost its place in the stream."""
        told = {
            "message": "a protocol failed",
            "exception": fault,
            "transport": self,
            "protocol": self._protocol,
        }
        self._loop.call_exception_handler(told)
        self._end(fault)

    def _end(self, error: Exception | None) -> None:
        """Let go of the socket; the protocol learns of it when whoever works now is done."""
        if self._gone:
            return
        self._gone = self._closing = True
        self._reading = False
        self._unsent.clear()
        self._sockets.forget(self._plug.fileno())
        self._plug.close()
        self._loop.call_soon(self._protocol.connection_lost, error)
