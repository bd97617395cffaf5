"""A stream of ours whose other end a test holds, and a protocol that notes what it is told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sip.transport.plain_stream import PlainStream
from sip.transport.socket_watch import SocketWatch
from sip.transport.turns import Turns

MEGABYTE = bytes(range(256)) * 4096


class Remembering(asyncio.Protocol):
    """Notes what it is told, in order."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.received = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.told.append("made")

    def data_received(self, data: bytes) -> None:
        self.received += data

    def pause_writing(self) -> None:
        self.told.append("pause")

    def resume_writing(self) -> None:
        self.told.append("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self.told.append(f"lost {type(exc).__name__}" if exc else "lost")


@contextmanager
def connected(protocol: asyncio.Protocol) -> Iterator[tuple[PlainStream, socket.socket]]:
    """A stream, and the socket at its other end, which does not block."""
    with socket.create_server(("127.0.0.1", 0)) as server, closing(socket.socket()) as far:
        far.connect(server.getsockname())
        near, peer = server.accept()
        near.setblocking(False)
        far.setblocking(False)
        loop = asyncio.get_running_loop()
        stream = PlainStream(near, peer, SocketWatch(loop, Turns(loop)), protocol)
        stream.begin()
        yield stream, far
        stream.abort()
